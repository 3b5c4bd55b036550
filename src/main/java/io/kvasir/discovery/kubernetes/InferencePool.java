package io.kvasir.discovery.kubernetes;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.kvasir.pool.EngineProtocol;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What matters of an InferencePool, of {@code inference.networking.k8s.io/v1} or
 * {@code inference.networking.x-k8s.io/v1alpha2}; fields that are not known are passed over.
 *
 * @param selector of the pool's pods, as the API has selectors of labels
 * @param ports of engines on each pod, in order; the place of a port is its rank
 * @param appProtocol {@code http} or {@code kubernetes.io/h2c}
 */
record InferencePool(String selector, List<Integer> ports, String appProtocol) {
    static final String GROUP = "inference.networking.k8s.io";
    static final String OLD_GROUP = "inference.networking.x-k8s.io";
    static final int MAX_PORTS = 8;
    static final String HTTP = "http";

    InferencePool {
        ports = List.copyOf(ports);
    }

    /** How engines are spoken to; what means nothing here is taken for HTTP/1.1, which is tried first anyway. */
    EngineProtocol protocol() {
        return EngineProtocol.parse(appProtocol).orElse(EngineProtocol.HTTP);
    }

    static ResourceDefinitionContext definition(String group) {
        return new ResourceDefinitionContext.Builder()
                .withGroup(group)
                .withVersion(group.equals(OLD_GROUP) ? "v1alpha2" : "v1")
                .withKind("InferencePool")
                .withPlural("inferencepools")
                .withNamespaced(true)
                .build();
    }

    /**
     * Reads a pool of either group.
     *
     * @throws IllegalArgumentException if it says nothing of pods or ports, which its definition forbids
     */
    static InferencePool of(GenericKubernetesResource object) {
        var spec = Fields.mapping(object.getAdditionalProperties().get("spec"));
        var selector = Fields.mapping(spec.get("selector"));
        // the old group has the labels here
        var labels = selector.containsKey("matchLabels") ? Fields.mapping(selector.get("matchLabels")) : selector;
        var ports = new LinkedHashSet<Integer>();
        if (spec.get("targetPorts") instanceof List<?> several) {
            several.forEach(port -> addPort(Fields.mapping(port).get("number"), ports));
        } else {
            addPort(spec.get("targetPortNumber"), ports);
        }
        if (labels.isEmpty() || ports.isEmpty()) {
            throw new IllegalArgumentException("no selector or no target port");
        }
        String wanted = labels.entrySet().stream()
                .map(label -> label.getKey() + "=" + label.getValue())
                .sorted()
                .collect(Collectors.joining(","));
        String appProtocol = Fields.text(spec.get("appProtocol"));
        return new InferencePool(
                wanted, ports.stream().limit(MAX_PORTS).toList(), appProtocol == null ? HTTP : appProtocol);
    }

    private static void addPort(@Nullable Object number, LinkedHashSet<Integer> ports) {
        if (number instanceof Number port && port.longValue() >= 1 && port.longValue() <= 65_535) {
            ports.add(port.intValue());
        }
    }
}
