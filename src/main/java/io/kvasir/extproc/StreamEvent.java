package io.kvasir.extproc;

/** What happens on streams and is counted; the codes are stable names in metrics. */
public enum StreamEvent {
    /** A stream began. */
    OPENED("opened"),
    /** A pick was published. */
    PICKED("picked"),
    /** A request was refused by an immediate response. */
    REFUSED("refused"),
    /** A request was decided before its body was complete, because a budget of bytes was reached. */
    DECIDED_EARLY("decided-early"),
    /** A request was decided on what was there when the proxy closed its side, its body incomplete. */
    DECIDED_AT_HALF_CLOSE("decided-at-half-close"),
    /** A buffered body was cut at the proxy's limit and the request decided on its beginning. */
    DECIDED_ON_PART("decided-on-part"),
    /** A request was decided by its headers alone, as its body mode demands. */
    DECIDED_AT_HEADERS("decided-at-headers"),
    /** A body came of which neither path nor shape tells where its prompt is, or it was compressed: routed by load. */
    PROMPT_UNREAD("prompt-unread"),
    /** A body arrived after the end of its direction and was ignored; Envoy may repeat the end. */
    REPEATED_END("repeated-end"),
    /** A message came out of order. */
    OUT_OF_ORDER("out-of-order"),
    /** A message of an unknown kind came and was ignored. */
    UNKNOWN_MESSAGE("unknown-message"),
    /** A message was longer than is taken and left unread. */
    TOO_LONG("too-long"),
    /** There was no memory for a long message, which was left unread. */
    CROWDED("crowded"),
    /** Bytes came that are no message of the protocol. */
    UNREADABLE("unreadable"),
    /** A proxy named a body mode that is not known here. */
    UNKNOWN_MODE("unknown-mode"),
    /** A proxy did not tell its body modes, and the configured one was assumed. */
    MODE_ASSUMED("mode-assumed"),
    /** Full duplex was assumed, and the stream ended with the headers unanswered and no body: the proxy may have waited. */
    MODE_DOUBTED("mode-doubted"),
    /** A copy for watching came and was not answered. */
    OBSERVED("observed"),
    /** The proxy named allowed endpoints in a form that names none. */
    SUBSET_UNREADABLE("subset-unreadable"),
    /** Another endpoint than the picked one served. */
    SERVED_ELSEWHERE("served-elsewhere"),
    /** The proxy could not connect to the picked endpoint. */
    CONNECT_FAILED("connect-failed"),
    /** The proxy closed its side with the response to come, and the books wait for the predicted end. */
    NO_RESPONSE_PHASE("no-response-phase"),
    /** The head of a response came whose body the proxy does not show. */
    RESPONSE_NOT_SHOWN("response-not-shown"),
    /** Nothing came on a stream for so long that its request can hardly be alive. */
    SILENT("silent"),
    /** A model name was replaced in a request. */
    MODEL_REWRITTEN("model-rewritten"),
    /** A model name could not be replaced: the body was compressed, incomplete, not shown or no JSON object that names one. */
    MODEL_NOT_REWRITTEN("model-not-rewritten"),
    /** The model's name that the client had used was put back into a response. */
    MODEL_RESTORED("model-restored"),
    /** A response was compressed, and passed with the engine's name of a replaced model in it. */
    MODEL_NOT_RESTORED("model-not-restored"),
    /** Reading paused because the proxy did not take what was sent. */
    PAUSED("paused"),
    /** The proxy reset the stream, which is how clients that hang up are told. */
    CANCELLED("cancelled"),
    /** Something broke in here. */
    FAILED("failed"),
    /** The stream was ended by a shutdown. */
    SHUT_DOWN("shut-down");

    private final String code;

    StreamEvent(String code) {
        this.code = code;
    }

    /** Stable name. */
    public String code() {
        return code;
    }
}
