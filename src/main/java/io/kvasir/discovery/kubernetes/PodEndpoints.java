package io.kvasir.discovery.kubernetes;

import io.kvasir.discovery.hardware.HardwareIdentity;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EngineKind;
import io.kvasir.pool.EventAddress;
import io.kvasir.pool.PolledAddress;
import io.kvasir.pool.Role;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The endpoints of one pod, and what they were made of: one for each target port in use.
 *
 * @param pod what they were made of
 * @param node of the pod; null if not known
 * @param ports target ports they were made for
 * @param count accelerators of each endpoint
 * @param specs the endpoints
 * @param unknownRole whether the role label has a value that means nothing here
 * @param unknownEngine whether the engine label does
 */
record PodEndpoints(
        PodFacts pod,
        @Nullable NodeFacts node,
        List<Integer> ports,
        int count,
        List<EndpointSpec> specs,
        boolean unknownRole,
        boolean unknownEngine) {
    private static final String HOSTNAME = "kubernetes.io/hostname";
    private static final List<String> TOPOLOGY = List.of(
            HOSTNAME, "topology.kubernetes.io/rack", "topology.kubernetes.io/zone", "topology.kubernetes.io/region");

    /** Whether making them again would give the same. */
    boolean madeOf(PodFacts pod, @Nullable NodeFacts node, List<Integer> ports, int count) {
        return count == this.count
                && pod.equals(this.pod)
                && Objects.equals(node, this.node)
                && ports.equals(this.ports);
    }

    /** Makes them; none where the pod has no address. */
    static PodEndpoints of(
            PodFacts pod, @Nullable NodeFacts node, List<Integer> ports, HardwareIdentity hardware, int count) {
        String roleLabel = pod.labels().getOrDefault(Role.LABEL, "");
        String engineLabel =
                pod.labels().getOrDefault(EngineKind.LABEL, pod.labels().getOrDefault(EngineKind.OLD_LABEL, ""));
        var role = Role.parse(roleLabel);
        var engine = EngineKind.parse(engineLabel);
        var active = active(pod);
        var labels = labels(pod, node);
        var specs = new ArrayList<EndpointSpec>();
        String address = pod.address();
        for (int rank = 0; rank < ports.size(); rank++) {
            int port = ports.get(rank);
            if (address != null && (active == null || active.contains(port))) {
                specs.add(EndpointSpec.builder(pod.name() + "-rank-" + rank, address, port)
                        .labels(labels)
                        .role(role.orElse(Role.BOTH))
                        .vendor(hardware.vendor())
                        .product(hardware.product())
                        .partition(hardware.partition())
                        .count(count)
                        .sharing(hardware.sharing())
                        .engine(engine.orElse(EngineKind.VLLM))
                        .kvEvents(kvEvents(pod, rank, ports.size()))
                        .metricsPort(engine.orElse(EngineKind.VLLM).metricsPort(port))
                        .build());
            }
        }
        return new PodEndpoints(
                pod,
                node,
                ports,
                count,
                List.copyOf(specs),
                role.isEmpty() && !roleLabel.isEmpty(),
                engine.isEmpty() && !engineLabel.isEmpty());
    }

    /** Where the events of one target port's engine can be had: ranks that have a port each publish at ports in a row too. */
    private static @Nullable String kvEvents(PodFacts pod, int rank, int ports) {
        String said = pod.kvEvents();
        if (said == null || ports == 1 || PolledAddress.is(said)) {
            return said;
        }
        try {
            var first = EventAddress.parse(said);
            return "tcp://" + first.host() + ":" + (first.port() + rank) + "?topic=" + first.topic()
                    + (first.replayPort() == 0 ? "" : "&replay=" + (first.replayPort() + rank));
        } catch (IllegalArgumentException e) {
            // told where it is dialled
            return said;
        }
    }

    /** How many of the target ports are in use on a pod. */
    static int activePorts(PodFacts pod, List<Integer> ports) {
        var active = active(pod);
        return active == null
                ? ports.size()
                : (int) ports.stream().filter(active::contains).count();
    }

    /** The ports that the pod's annotation names; null without one. */
    private static @Nullable Set<Integer> active(PodFacts pod) {
        String text = pod.annotations().get(PodFacts.ACTIVE_PORTS);
        if (text == null) {
            text = pod.annotations().get(PodFacts.OLD_ACTIVE_PORTS);
        }
        if (text == null) {
            return null;
        }
        var ports = new HashSet<Integer>();
        for (String port : text.split(",", -1)) {
            try {
                ports.add(Integer.parseInt(port.strip()));
            } catch (NumberFormatException _) {
                // names no port
            }
        }
        return ports;
    }

    /** The pod's labels, and where its node is; the pod's own come first. */
    private static Map<String, String> labels(PodFacts pod, @Nullable NodeFacts node) {
        var labels = new HashMap<String, String>();
        if (pod.node() != null) {
            labels.put(HOSTNAME, pod.node());
        }
        if (node != null) {
            TOPOLOGY.forEach(key -> copy(node, key, labels));
            copy(node, pod.annotations().get(PodGroup.EXCLUSIVE_TOPOLOGY), labels);
        }
        labels.putAll(pod.labels());
        return Map.copyOf(labels);
    }

    private static void copy(NodeFacts node, @Nullable String key, Map<String, String> labels) {
        String value = key == null ? null : node.labels().get(key);
        if (key != null && value != null) {
            labels.put(key, value);
        }
    }
}
