package io.kvasir.pool;

/** Why an endpoint was taken out; the codes are stable names in metrics. */
public enum Ejection {
    /** It refuses connections: nobody listens there. */
    REFUSED("refused"),
    /** It does not answer its probes, says that it is not well, or takes no connection in time. */
    SILENT("silent"),
    /** Requests fail there that do not fail elsewhere. */
    OUTLIER("outlier");

    private final String code;

    Ejection(String code) {
        this.code = code;
    }

    public String code() {
        return code;
    }
}
