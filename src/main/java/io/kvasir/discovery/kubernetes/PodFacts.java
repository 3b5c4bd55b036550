package io.kvasir.discovery.kubernetes;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What matters of a pod. Two equal ones make no difference to anybody.
 *
 * @param name of the pod
 * @param uid tells pods apart that had one name or address after another
 * @param address the pod's IP address; null before it has one
 * @param ready whether its Ready condition is true and nobody asked to delete it
 * @param terminating whether it is asked to go
 * @param node name of its node; null before it is scheduled
 * @param labels all of them
 * @param annotations the short ones
 * @param ports that its containers declare
 * @param nodeSelector what it demands of its node, as far as one value will do
 * @param devices extended resources that its containers ask for, by name such as {@code nvidia.com/gpu}
 * @param kvEvents where its engine's KV events can be had, as an {@link io.kvasir.pool.EventAddress}, with the ranks behind
 *     one port; null where nothing says it
 * @param claims whether devices come by dynamic resource allocation
 */
record PodFacts(
        String name,
        String uid,
        @Nullable String address,
        boolean ready,
        boolean terminating,
        @Nullable String node,
        Map<String, String> labels,
        Map<String, String> annotations,
        Set<Integer> ports,
        Map<String, String> nodeSelector,
        Map<String, Long> devices,
        @Nullable String kvEvents,
        boolean claims) {

    /** The annotation that names the ports in use, and the one it had before. */
    static final String ACTIVE_PORTS = "llm-d.ai/active-ports";

    static final String OLD_ACTIVE_PORTS = "inference.networking.k8s.io/active-ports";

    /** The annotation that says where KV events can be had, as an endpoint file does. */
    static final String KV_EVENTS = "kvasir.io/kv-events";

    /** Annotations that are longer hold whole documents, and nothing that is asked for here. */
    private static final int LONGEST_ANNOTATION = 128;

    PodFacts {
        labels = Map.copyOf(labels);
        annotations = Map.copyOf(annotations);
        ports = Set.copyOf(ports);
        nodeSelector = Map.copyOf(nodeSelector);
        devices = Map.copyOf(devices);
    }

    static PodFacts of(Pod pod) {
        var meta = pod.getMetadata();
        boolean terminating = meta.getDeletionTimestamp() != null;
        var annotations = texts(meta.getAnnotations());
        annotations.values().removeIf(value -> value.length() > LONGEST_ANNOTATION);
        var ports = new HashSet<Integer>();
        var selector = new HashMap<String, String>();
        var devices = new HashMap<String, Long>();
        boolean claims = false;
        String kvEvents = annotations.get(KV_EVENTS);
        var spec = pod.getSpec();
        if (spec != null) {
            addSelector(spec, selector);
            claims = !spec.getResourceClaims().isEmpty();
            for (Container container : spec.getContainers()) {
                for (ContainerPort port : container.getPorts()) {
                    if (port.getContainerPort() != null) {
                        ports.add(port.getContainerPort());
                    }
                }
                kvEvents = kvEvents == null ? EventArguments.of(container) : kvEvents;
                if (container.getResources() != null) {
                    addDevices(container.getResources().getLimits(), devices);
                }
            }
        }
        return new PodFacts(
                meta.getName(),
                meta.getUid() == null ? "" : meta.getUid(),
                address(pod),
                !terminating && readyCondition(pod),
                terminating,
                spec == null ? null : spec.getNodeName(),
                texts(meta.getLabels()),
                annotations,
                ports,
                selector,
                devices,
                kvEvents,
                claims);
    }

    /** The node selector, and required node affinities where one value will do. */
    private static void addSelector(PodSpec spec, Map<String, String> selector) {
        var affinity = spec.getAffinity() == null ? null : spec.getAffinity().getNodeAffinity();
        var required = affinity == null ? null : affinity.getRequiredDuringSchedulingIgnoredDuringExecution();
        if (required != null && required.getNodeSelectorTerms().size() == 1) {
            for (var demand : required.getNodeSelectorTerms().getFirst().getMatchExpressions()) {
                if ("In".equals(demand.getOperator()) && demand.getValues().size() == 1) {
                    selector.put(demand.getKey(), demand.getValues().getFirst());
                }
            }
        }
        selector.putAll(texts(spec.getNodeSelector()));
    }

    /** Extended resources have limits equal to their requests, are whole numbers, and are named {@code domain/name}. */
    private static void addDevices(@Nullable Map<String, Quantity> limits, Map<String, Long> devices) {
        if (limits == null) {
            return;
        }
        limits.forEach((name, quantity) -> {
            if (name.indexOf('/') > 0 && quantity != null) {
                devices.merge(name, quantity.getNumericalAmount().longValue(), Long::sum);
            }
        });
    }

    private static @Nullable String address(Pod pod) {
        String address = pod.getStatus() == null ? null : pod.getStatus().getPodIP();
        return address == null || address.isEmpty() ? null : address;
    }

    private static boolean readyCondition(Pod pod) {
        return pod.getStatus() != null
                && pod.getStatus().getConditions().stream()
                        .anyMatch(condition ->
                                "Ready".equals(condition.getType()) && "True".equals(condition.getStatus()));
    }

    /** A copy without nulls, which the API does not write but a broken object may have. */
    static Map<String, String> texts(@Nullable Map<String, String> texts) {
        var copy = new HashMap<String, String>();
        if (texts != null) {
            texts.forEach((key, value) -> copy.put(key, value == null ? "" : value));
        }
        return copy;
    }
}
