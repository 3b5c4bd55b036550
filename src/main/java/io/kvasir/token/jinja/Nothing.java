package io.kvasir.token.jinja;

/** The two values that are none. */
public enum Nothing {
    /** Python's {@code None}, JSON's {@code null}. */
    NONE,
    /** What has never been said; it prints as nothing, and nothing may be asked of it. */
    UNDEFINED
}
