package io.kvasir.pool;

import java.util.Optional;

/** How an engine's API is spoken to; names are those of {@code appProtocol} in Kubernetes. */
public enum EngineProtocol {
    /** HTTP/1.1 in plaintext, the default. */
    HTTP("http"),
    /** HTTP/2 in plaintext by prior knowledge (RFC 9113 §3.3); HTTP/1.1 is not understood there. */
    H2C("kubernetes.io/h2c");

    private final String label;

    EngineProtocol(String label) {
        this.label = label;
    }

    /** The name in pools and endpoint files. */
    public String label() {
        return label;
    }

    /** Reads a name; {@code h2c} will do for the long one. Empty if unknown. */
    public static Optional<EngineProtocol> parse(String text) {
        return switch (text) {
            case "http" -> Optional.of(HTTP);
            case "kubernetes.io/h2c", "h2c" -> Optional.of(H2C);
            default -> Optional.empty();
        };
    }
}
