package io.kvasir.discovery.hardware;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Puts together what is known of a pod's hardware, from its limits on. */
final class PodHints {
    private final Map<String, Long> limits;
    private Map<String, String> labels = Map.of();
    private Map<String, String> annotations = Map.of();
    private @Nullable Map<String, String> node;
    private Map<String, String> selector = Map.of();
    private boolean claims;
    private int engines = 1;

    private PodHints(Map<String, Long> limits) {
        this.limits = limits;
    }

    static PodHints of(Map<String, Long> limits) {
        return new PodHints(limits);
    }

    /** Its node's labels. */
    PodHints onNode(Map<String, String> nodeLabels) {
        node = nodeLabels;
        return this;
    }

    /** Its own labels. */
    PodHints labelled(Map<String, String> own) {
        labels = own;
        return this;
    }

    PodHints annotated(Map<String, String> own) {
        annotations = own;
        return this;
    }

    /** What it demands of its node. */
    PodHints selecting(Map<String, String> demands) {
        selector = demands;
        return this;
    }

    /** With devices by dynamic resource allocation. */
    PodHints claimingDevices() {
        claims = true;
        return this;
    }

    /** With its devices divided among so many engines. */
    PodHints dividedAmong(int ports) {
        engines = ports;
        return this;
    }

    HardwareHints made() {
        return new HardwareHints(labels, annotations, node, selector, limits, claims, engines);
    }
}
