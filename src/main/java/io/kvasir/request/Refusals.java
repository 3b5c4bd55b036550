package io.kvasir.request;

import static io.kvasir.request.RefusalReason.*;

import org.jspecify.annotations.Nullable;

/** What clients are told whose request has no answer but ours: all words of it, for every door. */
public final class Refusals {
    private static final String MODEL = "model";
    private static final String TRY_AGAIN = "; try again.";

    private Refusals() {}

    /** Neither the request nor the pool says which model. */
    public static Refusal modelMissing() {
        return new Refusal(MODEL_MISSING, MODEL, "you must provide a model parameter: the pool serves several");
    }

    /**
     * What names the model is no name.
     *
     * @param problem why it cannot be a name
     */
    public static Refusal modelInvalid(String problem) {
        return new Refusal(MODEL_INVALID, MODEL, problem);
    }

    /**
     * The path is for another model.
     *
     * @param pathModel whom the path is for
     */
    public static Refusal modelMismatch(@Nullable String pathModel, String named) {
        return new Refusal(
                MODEL_MISMATCH,
                MODEL,
                "The path is for the model `" + pathModel + "`, the request names `" + named + "`.");
    }

    /** Nobody serves it. */
    public static Refusal modelUnknown(String model) {
        return new Refusal(MODEL_UNKNOWN, MODEL, "The model `" + model + "` does not exist.");
    }

    /**
     * The prompt is longer than any endpoint can take, in the words by which clients recognise it and fall back.
     *
     * @param most tokens that an endpoint can take
     * @param prompt tokens that it has
     */
    public static Refusal contextExceeded(int most, long prompt) {
        return new Refusal(
                CONTEXT_EXCEEDED,
                null,
                "This model's maximum context length is " + most + " tokens. However, the prompt has " + prompt
                        + " tokens.");
    }

    /** Nobody is there. */
    public static Refusal poolEmpty() {
        return new Refusal(POOL_EMPTY, null, "the pool has no endpoints");
    }

    /** All are asleep. */
    public static Refusal noneHealthy() {
        return new Refusal(NONE_HEALTHY, null, "no endpoint of the pool is awake");
    }

    /** Who keeps what the request is about cannot be asked. */
    public static Refusal holderDown() {
        return new Refusal(HOLDER_DOWN, null, "the endpoint that keeps what the request is about is not up");
    }

    /** The gateway allows nobody of the pool. */
    public static Refusal subsetEmpty() {
        return new Refusal(SUBSET_EMPTY, null, "no endpoint of the gateway's subset is in the pool");
    }

    /**
     * No endpoint has a role to be sent requests.
     *
     * @param filter whom nobody passes
     */
    public static Refusal roleMissing(String filter) {
        return new Refusal(ROLE_MISSING, null, "no endpoint of the pool passes the " + filter);
    }

    /**
     * No endpoint is left by a filter.
     *
     * @param filter whom nobody passes
     */
    public static Refusal filtered(String filter) {
        return new Refusal(FILTERED, null, "no endpoint passes the " + filter);
    }

    /**
     * A header names a profile that is not configured.
     *
     * @param header its name
     */
    public static Refusal profileUnknown(String header) {
        return new Refusal(FILTERED, null, "the header " + header + " names no profile that is configured");
    }

    /**
     * Too much waits already.
     *
     * @param retryAfterMillis after which there should be room; 1 s where nobody knows: 0
     */
    public static Refusal saturated(long retryAfterMillis) {
        return again(new Refusal(SATURATED, null, "Too many requests wait" + TRY_AGAIN), retryAfterMillis);
    }

    /**
     * Its turn did not come in time.
     *
     * @param retryAfterMillis after which it should come; 1 s where nobody knows: 0
     */
    public static Refusal waitExpired(long retryAfterMillis) {
        return again(
                new Refusal(WAIT_EXPIRED, null, "The request waited for as long as it may" + TRY_AGAIN),
                retryAfterMillis);
    }

    /**
     * It had to make room for requests that matter more.
     *
     * @param retryAfterMillis after which there should be room again; 1 s where nobody knows: 0
     */
    public static Refusal evicted(long retryAfterMillis) {
        return again(
                new Refusal(EVICTED, null, "The request had to make room for others" + TRY_AGAIN), retryAfterMillis);
    }

    /**
     * Nobody was there for as long as it may wait.
     *
     * @param retryAfterMillis after which somebody may be; 1 s where nobody knows: 0
     */
    public static Refusal poolEmpty(long retryAfterMillis) {
        return again(poolEmpty(), retryAfterMillis);
    }

    private static Refusal again(Refusal refusal, long millis) {
        return millis <= 0 ? refusal : new Refusal(refusal.reason(), refusal.param(), refusal.message(), millis);
    }

    /**
     * A body that cannot be read.
     *
     * @param e says which byte is wrong, and why
     */
    public static Refusal malformed(MalformedBodyException e) {
        return new Refusal(
                BODY_MALFORMED,
                "body." + e.offset(),
                "The body cannot be read: " + e.reason() + " at byte " + e.offset() + ".");
    }

    /**
     * The body is too long.
     *
     * @param most bytes taken
     */
    public static Refusal bodyTooLong(long most) {
        return new Refusal(BODY_TOO_LONG, null, "The body is longer than " + most + " bytes.");
    }

    /**
     * The model is not where it is looked for.
     *
     * @param most bytes of a beginning that is read for the model
     */
    public static Refusal modelTooLate(long most) {
        return new Refusal(
                BODY_TOO_LONG,
                null,
                "The body is longer than " + most + " bytes and names no model to route by in its beginning.");
    }

    /** The body came in one message. */
    public static Refusal messageTooLong() {
        return new Refusal(BODY_TOO_LONG, null, "The body came in one message, longer than the router takes.");
    }

    /** Nothing of it came for too long. */
    public static Refusal bodyStalled() {
        return new Refusal(BODY_STALLED, null, "The body did not come in time.");
    }

    /** Bodies take all the memory that they may. */
    public static Refusal memoryFull() {
        return new Refusal(MEMORY_FULL, null, "Too many request bodies are being read" + TRY_AGAIN);
    }

    /**
     * A path that may mean two.
     *
     * @param why two readers could read it differently
     */
    public static Refusal pathAmbiguous(String why) {
        return new Refusal(PATH_AMBIGUOUS, null, "The request URL is ambiguous: " + why + ".");
    }

    /** What changes or lays open a single replica. */
    public static Refusal pathOfOneReplica() {
        return new Refusal(
                PATH_OF_ONE_REPLICA, null, "The request URL is about one replica, which is no client's business.");
    }

    /** No more requests are taken, or this one could not be ended in time. */
    public static Refusal shuttingDown() {
        return new Refusal(SHUTTING_DOWN, null, "This router is shutting down" + TRY_AGAIN);
    }

    /** Our fault; what it is stands in the log. */
    public static Refusal internalError() {
        return new Refusal(INTERNAL_ERROR, null, "The router failed on this request.");
    }

    /**
     * Nothing is served there.
     *
     * @param path in its canonical form
     */
    public static Refusal pathUnknown(String method, String path) {
        return new Refusal(PATH_UNKNOWN, null, "Unknown request URL: " + method + " " + path + ".");
    }

    /**
     * Something is served there, by other methods.
     *
     * @param allowed methods that it takes
     */
    public static Refusal methodNotAllowed(String method, String path, String allowed) {
        return new Refusal(METHOD_NOT_ALLOWED, null, path + " does not take " + method + "; allowed: " + allowed + ".");
    }

    /** A method that HTTP does not have, or that is not for engines. */
    public static Refusal methodUnknown(String method) {
        return new Refusal(METHOD_UNKNOWN, null, "The method " + method + " is not passed to engines.");
    }

    /** A connection that is to become something else. */
    public static Refusal websocket() {
        return new Refusal(WEBSOCKET, null, "Websockets are not passed to engines.");
    }

    /** A coding of the body by which its end cannot be found. */
    public static Refusal transferCodingUnknown() {
        return new Refusal(TRANSFER_CODING_UNKNOWN, null, "The only transfer coding that is understood is chunked.");
    }

    /**
     * The headers are too long.
     *
     * @param most bytes taken
     */
    public static Refusal headersTooLarge(int most) {
        return new Refusal(HEADERS_TOO_LARGE, null, "The headers are longer than " + most + " bytes.");
    }

    /** A request line above the limit. */
    public static Refusal urlTooLong() {
        return new Refusal(URL_TOO_LONG, null, "The request URL is too long.");
    }

    /** What cannot be parsed. */
    public static Refusal requestMalformed() {
        return new Refusal(REQUEST_MALFORMED, null, "The request is not HTTP.");
    }

    /** Nobody may be sent requests. */
    public static Refusal notServing() {
        return new Refusal(NOT_SERVING, null, "No endpoint is available.");
    }

    /** Nobody takes a connection. */
    public static Refusal unreachable() {
        return new Refusal(UNREACHABLE, null, "No endpoint can be reached" + TRY_AGAIN);
    }

    /** The endpoint has all connections that it may have. */
    public static Refusal connectionsFull() {
        return new Refusal(CONNECTIONS_FULL, null, "Too many requests wait for this endpoint" + TRY_AGAIN);
    }

    /**
     * An endpoint that is no help.
     *
     * @param what the endpoint did
     */
    public static Refusal endpointFailed(String what) {
        return new Refusal(ENDPOINT_FAILED, null, what);
    }

    /**
     * An endpoint that is waited for in vain.
     *
     * @param what the endpoint did not do
     */
    public static Refusal endpointSilent(String what) {
        return new Refusal(ENDPOINT_SILENT, null, what);
    }

    /**
     * A gateway that does not keep to the protocol.
     *
     * @param what the proxy sent
     */
    public static Refusal protocolViolation(String what) {
        return new Refusal(PROTOCOL_VIOLATION, null, "The proxy sent " + what + ".");
    }

    /** An engine's answer in one message. */
    public static Refusal answerTooLong() {
        return new Refusal(ANSWER_TOO_LONG, null, "The answer came in one message, longer than the router takes.");
    }

    /**
     * A body that may not be sent, as its model was replaced.
     *
     * @param answering whether it is the engine's answer
     * @param most bytes that may be sent in one message
     */
    public static Refusal replacedTooLong(boolean answering, int most) {
        return new Refusal(
                answering ? REPLACED_ANSWER_TOO_LONG : REPLACED_BODY_TOO_LONG,
                null,
                "With its model replaced the " + (answering ? "answer" : "body") + " is longer than " + most
                        + " bytes, and the router may not send more in one message.");
    }
}
