package io.kvasir.discovery.hardware;

import java.util.Locale;

/** How replicas share a device in time. */
public enum Sharing {
    /** The device or slice is the replica's own. */
    NONE("none"),
    /** The driver switches between replicas; memory is not divided. */
    TIME_SLICING("time-slicing"),
    /** Replicas run at the same time under NVIDIA's MPS, memory divided. */
    MPS("mps"),
    /** Shared, but nobody says how. */
    UNKNOWN("unknown");

    private final String code;

    Sharing(String code) {
        this.code = code;
    }

    /** Stable name in metrics and logs, that of the {@code nvidia.com/gpu.sharing-strategy} label. */
    public String code() {
        return code;
    }

    /** Reads a label's value; GKE says {@code time-sharing}. */
    static Sharing of(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "none" -> NONE;
            case "time-slicing", "time-sharing" -> TIME_SLICING;
            case "mps" -> MPS;
            default -> UNKNOWN;
        };
    }
}
