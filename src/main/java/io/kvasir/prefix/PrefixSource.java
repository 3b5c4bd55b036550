package io.kvasir.prefix;

/** What an answer about an endpoint's cache rests on; the codes are stable names in metrics, logs and explanations. */
public enum PrefixSource {
    /** What engines say that they hold. */
    PRECISE("precise"),
    /** What was sent where. */
    APPROXIMATE("approximate");

    private final String code;

    PrefixSource(String code) {
        this.code = code;
    }

    public String code() {
        return code;
    }
}
