package io.kvasir.route;

/** What requests show of models that no list names; the codes are stable names in metrics. */
public enum ModelNote {
    /** The request waited for lists to be read anew. */
    HELD("held"),
    /** It was sent where the model may be served, though nobody lists it. */
    UNLISTED("unlisted"),
    /** The engine that it was sent to answered that there is no such model. */
    DENIED("denied");

    private final String code;

    ModelNote(String code) {
        this.code = code;
    }

    public String code() {
        return code;
    }
}
