package io.kvasir.pool;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** The engine behind an endpoint; names are those of the {@code llm-d.ai/engine-type} label. */
public enum EngineKind {
    VLLM("vllm"),
    SGLANG("sglang"),
    TRTLLM("trtllm-serve"),
    TRITON_TRTLLM("triton-tensorrt-llm"),
    TRITON("triton");

    /** The label that names an endpoint's engine, and the one that did before. */
    public static final String LABEL = "llm-d.ai/engine-type";

    public static final String OLD_LABEL = "inference.networking.k8s.io/engine-type";

    private static final int TRITON_METRICS_PORT = 8002;

    private final String label;

    EngineKind(String label) {
        this.label = label;
    }

    /** The name in labels and endpoint files. */
    public String label() {
        return label;
    }

    /** The port of its metrics page, where nobody says another. */
    public int metricsPort(int apiPort) {
        return this == TRITON || this == TRITON_TRTLLM ? TRITON_METRICS_PORT : apiPort;
    }

    /** Whether all that it serves is one base model, its adapters, and other names of either. */
    public boolean runsOneModel() {
        return this != TRITON && this != TRITON_TRTLLM;
    }

    /** All names, for messages. */
    public static String names() {
        return Arrays.stream(values()).map(EngineKind::label).collect(Collectors.joining(", "));
    }

    /** The engine of that name, any case; empty if unknown. */
    public static Optional<EngineKind> parse(String text) {
        for (EngineKind kind : values()) {
            if (kind.label.equals(text.toLowerCase(Locale.ROOT))) {
                return Optional.of(kind);
            }
        }
        return Optional.empty();
    }
}
