package io.kvasir.route;

/** How a decision compares with what the shadow profile would have decided. */
public enum ShadowOutcome {
    /** The same endpoint. */
    AGREED("agreed"),
    /** Another endpoint. */
    DIFFERED("differed"),
    /** It would have refused the request. */
    REFUSED("refused"),
    /** It threw; nothing came of that. */
    FAILED("failed");

    private final String code;

    ShadowOutcome(String code) {
        this.code = code;
    }

    /** The label's value in metrics. */
    public String code() {
        return code;
    }
}
