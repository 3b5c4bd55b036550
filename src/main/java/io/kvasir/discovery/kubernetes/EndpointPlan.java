package io.kvasir.discovery.kubernetes;

import io.kvasir.discovery.hardware.HardwareHints;
import io.kvasir.discovery.hardware.HardwareIdentity;
import io.kvasir.discovery.hardware.HardwareReports;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EngineKind;
import io.kvasir.pool.EngineProtocol;
import io.kvasir.pool.Role;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Makes endpoints of pods. One for each target port of each ready pod; a group of pods is one replica, which its leader
 * serves. A worker serves too where it is selected and declares a target port: engines that spread data-parallel ranks
 * over a group's pods have a front on each. What was made of a pod is kept until the pod, its node or the ports change.
 */
final class EndpointPlan {

    /**
     * A list of endpoints.
     *
     * @param specs the endpoints
     * @param owners uid of the pod behind each {@code ip:port}
     * @param groups groups that are seen
     * @param incompleteGroups those of them that cannot serve
     * @param ignored pods that are no endpoint, by the ordinal of the reason
     * @param unknownRoles pods whose role label means nothing here; they serve both
     * @param unknownEngines pods whose engine label means nothing here; they are read as vLLM
     */
    record Made(
            List<EndpointSpec> specs,
            Map<String, String> owners,
            int groups,
            int incompleteGroups,
            int[] ignored,
            int unknownRoles,
            int unknownEngines) {

        static final Made NOTHING = new Made(List.of(), Map.of(), 0, 0, new int[IgnoredPod.values().length], 0, 0);
    }

    private record Known(PodFacts pod, @Nullable NodeFacts node, int engines, HardwareIdentity hardware) {}

    private static final List<String> ROLES =
            List.of("prefill", "decode", "both", "encode", "prefill-decode", "encode-prefill", "encode-prefill-decode");

    private final HardwareReports hardware;
    private final UnknownLabels roles = new UnknownLabels(Role.LABEL, ROLES, "These pods prefill and decode");
    private final UnknownLabels engines = new UnknownLabels(
            EngineKind.LABEL,
            Arrays.stream(EngineKind.values()).map(EngineKind::label).toList(),
            "These pods are read as vLLM");
    private Map<String, Known> identities = new HashMap<>();
    private Map<String, PodEndpoints> endpoints = new HashMap<>();

    EndpointPlan(HardwareReports hardware) {
        this.hardware = hardware;
    }

    /**
     * The endpoints of these pods.
     *
     * @param ports target ports, in order of rank
     * @param protocol how engines are spoken to
     * @param selected pods of the pool
     * @param members pods of groups, selected or not
     * @param nodes finds a node by name; gives null for one that is not known
     */
    Made make(
            List<Integer> ports,
            EngineProtocol protocol,
            Collection<PodFacts> selected,
            Collection<PodFacts> members,
            Function<String, @Nullable NodeFacts> nodes) {
        var pass = new Pass(ports, protocol, PodGroup.of(selected, members), nodes);
        selected.forEach(pass::add);
        identities = pass.newIdentities;
        endpoints = pass.newEndpoints;
        roles.tell();
        engines.tell();
        return pass.made();
    }

    /** One pass over all pods. */
    private final class Pass {
        private final List<Integer> ports;
        private final EngineProtocol protocol;
        private final Map<PodGroup.Key, PodGroup> groups;
        private final Function<String, @Nullable NodeFacts> nodes;
        private final Map<String, Known> newIdentities = new HashMap<>();
        private final Map<String, PodEndpoints> newEndpoints = new HashMap<>();
        private final List<EndpointSpec> specs = new ArrayList<>();
        private final Map<String, String> owners = new HashMap<>();
        private final int[] ignored = new int[IgnoredPod.values().length];
        private int unknownRoles;
        private int unknownEngines;

        Pass(
                List<Integer> ports,
                EngineProtocol protocol,
                Map<PodGroup.Key, PodGroup> groups,
                Function<String, @Nullable NodeFacts> nodes) {
            this.ports = ports;
            this.protocol = protocol;
            this.groups = groups;
            this.nodes = nodes;
        }

        void add(PodFacts pod) {
            var key = PodGroup.keyOf(pod);
            var group = key == null ? null : groups.get(key);
            var reason = reason(pod, group);
            if (reason != null) {
                ignored[reason.ordinal()]++;
                return;
            }
            var made = endpoints(pod, group);
            newEndpoints.put(pod.name(), made);
            unknownRoles += made.unknownRole() ? 1 : 0;
            unknownEngines += made.unknownEngine() ? 1 : 0;
            if (made.unknownRole()) {
                roles.found(pod.labels().getOrDefault(Role.LABEL, ""), pod.name());
            }
            if (made.unknownEngine()) {
                engines.found(
                        pod.labels()
                                .getOrDefault(EngineKind.LABEL, pod.labels().getOrDefault(EngineKind.OLD_LABEL, "")),
                        pod.name());
            }
            for (var spec : made.specs()) {
                specs.add(
                        protocol == spec.protocol()
                                ? spec
                                : spec.toBuilder().protocol(protocol).build());
                owners.put(spec.hostPort(), pod.uid());
            }
        }

        private @Nullable IgnoredPod reason(PodFacts pod, @Nullable PodGroup group) {
            if (pod.terminating()) {
                return IgnoredPod.TERMINATING;
            }
            if (group != null && !serves(pod)) {
                return IgnoredPod.WORKER;
            }
            if (!pod.ready()) {
                return IgnoredPod.NOT_READY;
            }
            if (group != null && !group.complete()) {
                return IgnoredPod.GROUP_INCOMPLETE;
            }
            if (pod.address() == null) {
                return IgnoredPod.NO_ADDRESS;
            }
            return PodEndpoints.activePorts(pod, ports) == 0 ? IgnoredPod.NO_ACTIVE_PORT : null;
        }

        /** Whether a selected pod of a group has a front of its own. */
        private boolean serves(PodFacts pod) {
            return PodGroup.workerIndex(pod) == 0 || ports.stream().anyMatch(pod.ports()::contains);
        }

        private PodEndpoints endpoints(PodFacts pod, @Nullable PodGroup group) {
            var node = node(pod);
            var found = identity(pod, node, group == null ? PodEndpoints.activePorts(pod, ports) : 1);
            int count = group == null ? found.count() : Math.max(1, accelerators(group) / Math.max(1, fronts(group)));
            var old = endpoints.get(pod.name());
            return old != null && old.madeOf(pod, node, ports, count)
                    ? old
                    : PodEndpoints.of(pod, node, ports, found, count);
        }

        private int accelerators(PodGroup group) {
            int sum = 0;
            for (var member : group.members()) {
                sum += identity(member, node(member), 1).count();
            }
            return sum;
        }

        /** Endpoints of a group. */
        private int fronts(PodGroup group) {
            int sum = 0;
            for (var member : group.members()) {
                if (group.selected(member) && serves(member)) {
                    sum += PodEndpoints.activePorts(member, ports);
                }
            }
            return sum;
        }

        private @Nullable NodeFacts node(PodFacts pod) {
            return pod.node() == null ? null : nodes.apply(pod.node());
        }

        private HardwareIdentity identity(PodFacts pod, @Nullable NodeFacts node, int engines) {
            var old = identities.get(pod.name());
            var known = old != null && old.engines == engines && old.pod.equals(pod) && Objects.equals(old.node, node)
                    ? old
                    : new Known(pod, node, engines, hardware.identify(pod.name(), hints(pod, node, engines)));
            newIdentities.put(pod.name(), known);
            return known.hardware;
        }

        private static HardwareHints hints(PodFacts pod, @Nullable NodeFacts node, int engines) {
            return new HardwareHints(
                    pod.labels(),
                    pod.annotations(),
                    node == null ? null : node.labels(),
                    pod.nodeSelector(),
                    pod.devices(),
                    pod.claims(),
                    engines);
        }

        Made made() {
            int incomplete = (int)
                    groups.values().stream().filter(group -> !group.complete()).count();
            return new Made(specs, owners, groups.size(), incomplete, ignored, unknownRoles, unknownEngines);
        }
    }
}
