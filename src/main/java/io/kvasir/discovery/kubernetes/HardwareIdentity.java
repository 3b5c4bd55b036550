package io.kvasir.discovery.kubernetes;

import org.jspecify.annotations.Nullable;

/** Tells what a pod runs on. Asked once for each version of a pod and its node; must not block. */
@FunctionalInterface
public interface HardwareIdentity {

    /**
     * The pod's accelerators.
     *
     * @param node null where nodes may not be read or the pod's was not seen
     */
    Devices of(PodFacts pod, @Nullable NodeFacts node);
}
