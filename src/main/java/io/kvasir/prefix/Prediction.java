package io.kvasir.prefix;

/** How what was predicted compares with what an engine found in its cache. */
public enum Prediction {
    /** To the token. */
    EXACT("exact"),
    /** Less was found: blocks were evicted meanwhile, or are wrongly believed in. */
    FEWER_CACHED("fewer-cached"),
    /** More was found: blocks came meanwhile, or a copy of a removed one was left. */
    MORE_CACHED("more-cached");

    private final String code;

    Prediction(String code) {
        this.code = code;
    }

    static Prediction of(int predictedTokens, int cachedTokens) {
        return predictedTokens == cachedTokens ? EXACT : predictedTokens > cachedTokens ? FEWER_CACHED : MORE_CACHED;
    }

    /** As metrics call it. */
    public String code() {
        return code;
    }
}
