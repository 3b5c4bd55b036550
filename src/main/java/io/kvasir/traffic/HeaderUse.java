package io.kvasir.traffic;

/** What a door does with a request's header: whether it believes it, and whether an engine gets it. */
public enum HeaderUse {
    /** Means nothing here and goes on. */
    PASSED("passed", false, true),
    /** Believed, and goes on. */
    READ("read, passed", true, true),
    /** Believed of trusted peers, who say it for their clients, and no engine's business. */
    READ_TRUSTED("read of trusted peers, stripped", false, false),
    /** Believed, and no engine's business. */
    READ_STRIPPED("read, stripped", true, false),
    /** Not believed, and not for engines. */
    STRIPPED("stripped", false, false),
    /** Replaced by a value of ours. */
    SET("set", false, false),
    /** Believed where it is fit, and replaced by what is believed. */
    READ_SET("read, set", true, false),
    /** Goes on from trusted peers only. */
    TRUSTED("passed of trusted peers, else stripped", false, false);

    private final String words;
    private final boolean read;
    private final boolean passed;

    HeaderUse(String words, boolean read, boolean passed) {
        this.words = words;
        this.read = read;
        this.passed = passed;
    }

    /** As documentation says it. */
    public String words() {
        return words;
    }

    /** Whether what it says is believed, whoever says it. */
    public boolean read() {
        return read;
    }

    /**
     * Whether what it says is believed.
     *
     * @param trusted whether the peer is
     */
    public boolean read(boolean trusted) {
        return read || trusted && this == READ_TRUSTED;
    }

    /**
     * Whether an engine gets it as it came.
     *
     * @param trusted whether the peer's forwarded headers are believed
     */
    public boolean passed(boolean trusted) {
        return passed || trusted && this == TRUSTED;
    }
}
