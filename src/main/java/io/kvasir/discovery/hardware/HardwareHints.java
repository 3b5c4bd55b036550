package io.kvasir.discovery.hardware;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All that is known of one pod's hardware before it is understood.
 *
 * @param podLabels of the pod
 * @param podAnnotations of the pod
 * @param nodeLabels of the node it runs on; null where nodes may not be read
 * @param nodeSelector what the pod demands of its node: its node selector and each required node affinity that admits
 *     one value
 * @param limits extended resources in the limits of its containers, added up
 * @param resourceClaims whether devices come by dynamic resource allocation, which limits do not show
 * @param engines engines in the pod that its devices are divided among, one for each target port; 1 or more
 */
public record HardwareHints(
        Map<String, String> podLabels,
        Map<String, String> podAnnotations,
        @Nullable Map<String, String> nodeLabels,
        Map<String, String> nodeSelector,
        Map<String, Long> limits,
        boolean resourceClaims,
        int engines) {

    public HardwareHints {
        podLabels = Map.copyOf(podLabels);
        podAnnotations = Map.copyOf(podAnnotations);
        nodeLabels = nodeLabels == null ? null : Map.copyOf(nodeLabels);
        nodeSelector = Map.copyOf(nodeSelector);
        limits = Map.copyOf(limits);
    }
}
