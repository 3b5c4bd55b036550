package io.kvasir.pool;

import java.util.Locale;
import java.util.Optional;

/** What part of a request an endpoint serves. */
public enum Role {
    /** Prefill only: computes KV and hands it to a decode endpoint. */
    PREFILL,
    /** Decode: answers clients; computes prefill itself where none was done for it. */
    DECODE,
    /** Prefill and decode in one engine, the default. */
    BOTH,
    /** Encodes media for others. */
    ENCODE;

    /** The label that names an endpoint's role. */
    public static final String LABEL = "llm-d.ai/role";

    /** Whether requests of clients may end here. */
    public boolean decodes() {
        return this == DECODE || this == BOTH;
    }

    /** Whether a prefill leg may be sent here. */
    public boolean prefills() {
        return this == PREFILL || this == BOTH;
    }

    /** Reads a role as endpoint files and the {@code llm-d.ai/role} label write it, any case; empty if unknown. */
    public static Optional<Role> parse(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "prefill", "encode-prefill" -> Optional.of(PREFILL);
            case "decode" -> Optional.of(DECODE);
            case "both", "prefill-decode", "encode-prefill-decode" -> Optional.of(BOTH);
            case "encode" -> Optional.of(ENCODE);
            default -> Optional.empty();
        };
    }
}
