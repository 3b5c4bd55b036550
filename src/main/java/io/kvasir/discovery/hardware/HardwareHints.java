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

    /** A pod of which only its limits are known. */
    public static HardwareHints of(Map<String, Long> limits) {
        return new HardwareHints(Map.of(), Map.of(), null, Map.of(), limits, false, 1);
    }

    /** The same on a node with these labels. */
    public HardwareHints onNode(Map<String, String> labels) {
        return new HardwareHints(podLabels, podAnnotations, labels, nodeSelector, limits, resourceClaims, engines);
    }

    /** The same with these labels of the pod. */
    public HardwareHints labelled(Map<String, String> labels) {
        return new HardwareHints(labels, podAnnotations, nodeLabels, nodeSelector, limits, resourceClaims, engines);
    }

    /** The same with these annotations of the pod. */
    public HardwareHints annotated(Map<String, String> annotations) {
        return new HardwareHints(podLabels, annotations, nodeLabels, nodeSelector, limits, resourceClaims, engines);
    }

    /** The same with these demands on its node. */
    public HardwareHints selecting(Map<String, String> selector) {
        return new HardwareHints(podLabels, podAnnotations, nodeLabels, selector, limits, resourceClaims, engines);
    }

    /** The same with devices by dynamic resource allocation. */
    public HardwareHints claimingDevices() {
        return new HardwareHints(podLabels, podAnnotations, nodeLabels, nodeSelector, limits, true, engines);
    }

    /** The same with its devices divided among so many engines. */
    public HardwareHints dividedAmong(int ports) {
        return new HardwareHints(
                podLabels, podAnnotations, nodeLabels, nodeSelector, limits, resourceClaims, Math.max(1, ports));
    }
}
