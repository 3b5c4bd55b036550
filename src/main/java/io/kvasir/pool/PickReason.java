package io.kvasir.pool;

/** Why an endpoint was picked, or what was missing for a better pick; the codes are stable names in metrics and logs. */
public enum PickReason {
    /** The scorers preferred it. */
    BEST_SCORE("best-score"),
    /** Several scored alike and chance decided. */
    TIE("tie"),
    /** It was the only candidate. */
    ONLY_CANDIDATE("only-candidate"),
    /** By its estimated length the request fits nowhere; tried where there is most room. */
    OVER_CONTEXT("over-context"),
    /** It holds a useful part of the prompt and won with it. */
    PREFIX_HIT("prefix-hit"),
    /** No endpoint holds anything of the prompt. */
    PREFIX_COLD("prefix-cold"),
    /** Another endpoint holds more of the prompt but was too busy or too slow. */
    PREFIX_PASSED_OVER("prefix-passed-over"),
    /** No candidate's metrics were fresh; only the router's own books were used. */
    STALE_METRICS("stale-metrics"),
    /** The first choice could not be reached and this was the next. */
    RETRY("retry"),
    /** The request has no body to route by. */
    NO_BODY("no-body"),
    /** The body outgrew the budget and the pick was made on its beginning. */
    EARLY("early"),
    /** It keeps the stored response, file or the like that the request is about. */
    HOLDER("holder"),
    /** It prefills for a decode endpoint. */
    PREFILL("prefill"),
    /** It encodes media for a decode endpoint. */
    ENCODE("encode"),
    /** The index kept changing while it was read; routed by load. */
    PREFIX_UNANSWERED("prefix-unanswered"),
    /** It looks dead, but so do all others, or too many of them to believe it. */
    HEALTH_IGNORED("health-ignored");

    private final String code;

    PickReason(String code) {
        this.code = code;
    }

    public String code() {
        return code;
    }
}
