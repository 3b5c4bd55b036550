package io.kvasir.discovery.kubernetes;

import io.fabric8.kubernetes.api.model.Node;
import java.util.Map;

/**
 * What matters of a node.
 *
 * @param name of the node
 * @param labels all of them: hardware and topology are told by these
 */
public record NodeFacts(String name, Map<String, String> labels) {
    public NodeFacts {
        labels = Map.copyOf(labels);
    }

    static NodeFacts of(Node node) {
        return new NodeFacts(
                node.getMetadata().getName(), PodFacts.texts(node.getMetadata().getLabels()));
    }
}
