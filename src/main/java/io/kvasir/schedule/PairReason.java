package io.kvasir.schedule;

/** Whether another endpoint prefills for a request, and why not; the codes are stable names in metrics and logs. */
public enum PairReason {
    /** Nobody asked: the door cannot use a pair, or the request generates nothing. */
    NONE("none"),
    /** Another endpoint prefills. */
    PAIRED("paired"),
    /** The decider found it not worth while. */
    DECIDED_AGAINST("decided-against"),
    /** No endpoint of the pool that serves the model is there to prefill for others. */
    NO_PREFILL_ENDPOINT("no-prefill-endpoint"),
    /** None can hand its KV cache to the decode endpoint. */
    INCOMPATIBLE("no-compatible-prefill-endpoint"),
    /** Those that could are too small for the prompt. */
    TOO_SMALL("prefill-endpoints-too-small"),
    /** Those that could are down or asleep. */
    UNHEALTHY("prefill-endpoints-unhealthy");

    private final String code;

    PairReason(String code) {
        this.code = code;
    }

    public String code() {
        return code;
    }
}
