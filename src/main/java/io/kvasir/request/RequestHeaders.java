package io.kvasir.request;

import org.jspecify.annotations.Nullable;

/**
 * What a request's headers add to its body. Doors fill it, each from its own kind of headers.
 *
 * @param requestId {@code x-request-id}, null for none
 * @param sessionId the session header's value, null for none
 * @param objective name of the inference objective, null for none
 * @param fairnessId the flow that the request is counted to, null for the default flow
 * @param ttftSlo time to first token wanted, in seconds, above 0 and at most a day; NaN for none or any other
 * @param tpotSlo time per output token wanted, in seconds, above 0 and at most a day; NaN for none or any other
 */
public record RequestHeaders(
        @Nullable String requestId,
        @Nullable String sessionId,
        @Nullable String objective,
        @Nullable String fairnessId,
        double ttftSlo,
        double tpotSlo) {

    /** The longest time that an SLO may name, in seconds. */
    private static final double LONGEST_SLO = 86_400;

    public RequestHeaders {
        ttftSlo = slo(ttftSlo);
        tpotSlo = slo(tpotSlo);
    }

    /** Headers that say nothing. */
    public static final RequestHeaders NONE = new RequestHeaders(null, null, null, null, Double.NaN, Double.NaN);

    private static double slo(double seconds) {
        return seconds > 0 && seconds <= LONGEST_SLO ? seconds : Double.NaN;
    }

    /** The same with a request id. */
    public RequestHeaders withRequestId(@Nullable String value) {
        return new RequestHeaders(value, sessionId, objective, fairnessId, ttftSlo, tpotSlo);
    }

    /** The same with a session. */
    public RequestHeaders withSessionId(@Nullable String value) {
        return new RequestHeaders(requestId, value, objective, fairnessId, ttftSlo, tpotSlo);
    }

    /** The same with an objective. */
    public RequestHeaders withObjective(@Nullable String value) {
        return new RequestHeaders(requestId, sessionId, value, fairnessId, ttftSlo, tpotSlo);
    }

    /** The same with a flow. */
    public RequestHeaders withFairnessId(@Nullable String value) {
        return new RequestHeaders(requestId, sessionId, objective, value, ttftSlo, tpotSlo);
    }

    /** The same with SLOs, in seconds; NaN for none. */
    public RequestHeaders withSlo(double ttft, double tpot) {
        return new RequestHeaders(requestId, sessionId, objective, fairnessId, ttft, tpot);
    }
}
