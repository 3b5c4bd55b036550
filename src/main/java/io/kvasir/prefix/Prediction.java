package io.kvasir.prefix;

/** How what was predicted compares with what an engine found in its cache, and why; the codes are stable names. */
public enum Prediction {
    /** To the token, or of an engine whose blocks are smaller to the last whole 16 tokens. */
    EXACT("exact"),
    /** Less was found: blocks are wrongly believed in. */
    FEWER_CACHED("fewer-cached"),
    /** Less was found: the engine has told since the decision that its cache was emptied. */
    CLEARED_MEANWHILE("cleared-meanwhile"),
    /** Less was found: the engine has told since the decision of blocks that went. */
    EVICTED_MEANWHILE("evicted-meanwhile"),
    /** Less was found: what was sent there and not told of yet was believed in too, and was not there in time. */
    NOT_STORED_YET("not-stored-yet"),
    /** More was found: blocks were never told of. */
    MORE_CACHED("more-cached"),
    /** More was found: other requests were there when it was decided, whose blocks came meanwhile. */
    STORED_MEANWHILE("stored-meanwhile"),
    /**
     * More was found at an engine that evicts: it says that a block is gone when one of its copies is, and a copy was left.
     */
    DUPLICATE_EVICTED("duplicate-evicted");

    private final String code;

    Prediction(String code) {
        this.code = code;
    }

    /**
     * What is known of an endpoint from a decision to the answer.
     *
     * @param cleared its engine has told that its cache was emptied
     * @param evicted its engine has told of blocks that went
     * @param shared other requests were there when it was decided
     * @param evicts its engine has told of blocks that went since it started
     * @param untold prompts had been sent there of which its engine had not told when it was decided
     */
    record Meanwhile(boolean cleared, boolean evicted, boolean shared, boolean evicts, boolean untold) {
        static final Meanwhile NOTHING = new Meanwhile(false, false, false, false, false);
    }

    static Prediction of(int predictedTokens, int cachedTokens, Meanwhile meanwhile) {
        if (predictedTokens == cachedTokens) {
            return EXACT;
        }
        if (predictedTokens > cachedTokens) {
            return meanwhile.cleared
                    ? CLEARED_MEANWHILE
                    : meanwhile.evicted ? EVICTED_MEANWHILE : meanwhile.untold ? NOT_STORED_YET : FEWER_CACHED;
        }
        return meanwhile.shared ? STORED_MEANWHILE : meanwhile.evicts ? DUPLICATE_EVICTED : MORE_CACHED;
    }

    /** As metrics call it. */
    public String code() {
        return code;
    }
}
