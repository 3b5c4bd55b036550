package io.kvasir.pool;

import java.util.Locale;
import java.util.Optional;

/** The engine behind an endpoint; names are those of the {@code llm-d.ai/engine-type} label. */
public enum EngineKind {
    VLLM("vllm"),
    SGLANG("sglang"),
    TRTLLM("trtllm-serve"),
    TRITON_TRTLLM("triton-tensorrt-llm"),
    TRITON("triton");

    private final String label;

    EngineKind(String label) {
        this.label = label;
    }

    /** The name in labels and endpoint files. */
    public String label() {
        return label;
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
