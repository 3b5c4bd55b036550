package io.kvasir.discovery.kubernetes;

import io.fabric8.kubernetes.api.model.Node;
import java.util.Map;

/**
 * What matters of a node.
 *
 * @param name of the node
 * @param labels that tell hardware and place; node feature discovery's many on processors are left out
 */
record NodeFacts(String name, Map<String, String> labels) {
    private static final String PROCESSOR_FEATURES = "feature.node.kubernetes.io/";

    NodeFacts {
        labels = Map.copyOf(labels);
    }

    static NodeFacts of(Node node) {
        var labels = PodFacts.texts(node.getMetadata().getLabels());
        labels.keySet().removeIf(key -> key.startsWith(PROCESSOR_FEATURES));
        return new NodeFacts(node.getMetadata().getName(), labels);
    }
}
