package io.kvasir.route;

/** What requests wait for before they are scheduled; the codes are stable names in metrics. */
public enum WaitReason {
    /** Endpoints are asked which of them keeps what the request is about. */
    HOLDER("holder"),
    /** The tokens of its prompt are looked for. */
    TOKENS("tokens"),
    /** Admission holds it. */
    ADMISSION("admission"),
    /** Lists of models are read, because none names the model that it is for. */
    MODEL_LISTS("model-lists");

    private final String code;

    WaitReason(String code) {
        this.code = code;
    }

    public String code() {
        return code;
    }
}
