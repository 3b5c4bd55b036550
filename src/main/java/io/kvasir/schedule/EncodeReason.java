package io.kvasir.schedule;

/** Whether other endpoints encode the media of a request, and why not; the codes are stable names in metrics and logs. */
public enum EncodeReason {
    /** Nobody asked: the door cannot use it, the request has no media or generates nothing. */
    NONE("none"),
    /** Others encode. */
    ENCODED("encoded"),
    /** No endpoint of the pool that serves the model is there to encode for others. */
    NO_ENCODE_ENDPOINT("no-encode-endpoint"),
    /** Those that could are down or asleep. */
    UNHEALTHY("encode-endpoints-unhealthy");

    private final String code;

    EncodeReason(String code) {
        this.code = code;
    }

    public String code() {
        return code;
    }
}
