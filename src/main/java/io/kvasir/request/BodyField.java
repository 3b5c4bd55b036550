package io.kvasir.request;

import java.util.Locale;

/** The fields of a body that routing and edits look at, wherever the dialect keeps them. */
public enum BodyField {
    MODEL(Type.STRING),
    STREAM(Type.BOOLEAN),
    STREAM_OPTIONS(Type.RANGE),
    INCLUDE_USAGE(Type.BOOLEAN),
    MAX_TOKENS(Type.INTEGER),
    MAX_COMPLETION_TOKENS(Type.INTEGER),
    MAX_OUTPUT_TOKENS(Type.INTEGER),
    MIN_TOKENS(Type.INTEGER),
    N(Type.INTEGER),
    BEST_OF(Type.INTEGER),
    BEAM_WIDTH(Type.INTEGER),
    USE_BEAM_SEARCH(Type.BOOLEAN),
    TRUNCATE_PROMPT_TOKENS(Type.INTEGER),
    USER(Type.STRING),
    CACHE_SALT(Type.STRING),
    SESSION_ID(Type.STRING),
    REQUEST_ID(Type.STRING),
    PRIORITY(Type.INTEGER),
    IGNORE_EOS(Type.BOOLEAN),
    PREVIOUS_RESPONSE_ID(Type.STRING),
    CONVERSATION(Type.STRING),
    PROMPT_CACHE_KEY(Type.STRING),
    INPUT_FILE_ID(Type.STRING),
    KV_TRANSFER_PARAMS(Type.RANGE);

    /** What of a field is kept besides where it is. A value of another JSON type counts as absent. */
    enum Type {
        STRING,
        INTEGER,
        BOOLEAN,
        /** Only where it is. */
        RANGE
    }

    private static final int COUNT = values().length;

    private final Type type;
    private final String memberName = name().toLowerCase(Locale.ROOT);

    BodyField(Type type) {
        this.type = type;
    }

    Type type() {
        return type;
    }

    /** The member's name as the OpenAI dialects spell it. */
    String memberName() {
        return memberName;
    }

    /** The place of this field's entry in arrays that have one for each. */
    @SuppressWarnings("EnumOrdinal") // the arrays live no longer than the process
    int index() {
        return ordinal();
    }

    static int count() {
        return COUNT;
    }
}
