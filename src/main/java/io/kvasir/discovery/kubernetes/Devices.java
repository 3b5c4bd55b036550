package io.kvasir.discovery.kubernetes;

import org.jspecify.annotations.Nullable;

/**
 * The accelerators of one pod.
 *
 * @param vendor such as {@code NVIDIA} or {@code AMD}; null if unknown
 * @param product such as {@code NVIDIA-H200}; null if unknown
 * @param partition slice of the GPU such as {@code 1g.18gb} or {@code CPX}; null for a whole one
 * @param count GPUs (or slices) of the pod, 1 or more
 * @param sharing pods that share each GPU in time, 1 for none
 */
public record Devices(
        @Nullable String vendor,
        @Nullable String product,
        @Nullable String partition,
        int count,
        int sharing) {

    /** Nothing is known. */
    public static final Devices UNKNOWN = new Devices(null, null, null, 1, 1);
}
