package io.kvasir.prefix;

/** How what was predicted compares with what an engine found in its cache. */
public enum Prediction {
    /** To the token. */
    EXACT("exact"),
    /** Less was found: blocks were evicted meanwhile, or are wrongly believed in. */
    FEWER_CACHED("fewer-cached"),
    /** More was found: blocks came meanwhile, or were never told of. */
    MORE_CACHED("more-cached"),
    /**
     * More was found at an engine that evicts: it says that a block is gone when one of its copies is, and a copy was left.
     */
    DUPLICATE_EVICTED("duplicate-evicted");

    private final String code;

    Prediction(String code) {
        this.code = code;
    }

    /** @param evicts whether the engine has told of blocks that went */
    static Prediction of(int predictedTokens, int cachedTokens, boolean evicts) {
        return predictedTokens == cachedTokens
                ? EXACT
                : predictedTokens > cachedTokens ? FEWER_CACHED : evicts ? DUPLICATE_EVICTED : MORE_CACHED;
    }

    /** As metrics call it. */
    public String code() {
        return code;
    }
}
