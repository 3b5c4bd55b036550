package io.kvasir.sim.http;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** Whose HTTP surface an engine shows. */
public enum EngineDialect {
    /** vLLM 0.32. */
    VLLM,
    /** SGLang. */
    SGLANG;

    /** Lower-case name, as in configuration. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The dialect of that name.
     *
     * @throws IllegalArgumentException naming the allowed values
     */
    public static EngineDialect of(String label) {
        for (var d : values()) {
            if (d.label().equals(label)) {
                return d;
            }
        }
        var allowed = Arrays.stream(values()).map(EngineDialect::label).collect(Collectors.joining(", "));
        throw new IllegalArgumentException("dialect " + label + " is unknown; allowed: " + allowed);
    }
}
