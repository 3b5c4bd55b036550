package io.kvasir.request;

import java.util.Map;
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
 * @param others what {@link #other} tells: headers that scheduling was configured to read, by name in lower case
 */
public record RequestHeaders(
        @Nullable String requestId,
        @Nullable String sessionId,
        @Nullable String objective,
        @Nullable String fairnessId,
        double ttftSlo,
        double tpotSlo,
        Map<String, String> others) {

    /** The longest time that an SLO may name, in seconds. */
    private static final double LONGEST_SLO = 86_400;

    /** Without other headers. */
    public RequestHeaders(
            @Nullable String requestId,
            @Nullable String sessionId,
            @Nullable String objective,
            @Nullable String fairnessId,
            double ttftSlo,
            double tpotSlo) {
        this(requestId, sessionId, objective, fairnessId, ttftSlo, tpotSlo, Map.of());
    }

    public RequestHeaders {
        others = Map.copyOf(others);
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
        return new RequestHeaders(value, sessionId, objective, fairnessId, ttftSlo, tpotSlo, others);
    }

    /** The same with a session. */
    public RequestHeaders withSessionId(@Nullable String value) {
        return new RequestHeaders(requestId, value, objective, fairnessId, ttftSlo, tpotSlo, others);
    }

    /** The same with an objective. */
    public RequestHeaders withObjective(@Nullable String value) {
        return new RequestHeaders(requestId, sessionId, value, fairnessId, ttftSlo, tpotSlo, others);
    }

    /** The same with a flow. */
    public RequestHeaders withFairnessId(@Nullable String value) {
        return new RequestHeaders(requestId, sessionId, objective, value, ttftSlo, tpotSlo, others);
    }

    /** The same with SLOs, in seconds; NaN for none. */
    public RequestHeaders withSlo(double ttft, double tpot) {
        return new RequestHeaders(requestId, sessionId, objective, fairnessId, ttft, tpot, others);
    }

    /** The same with other headers, by name in lower case. */
    public RequestHeaders withOthers(Map<String, String> values) {
        return new RequestHeaders(requestId, sessionId, objective, fairnessId, ttftSlo, tpotSlo, values);
    }

    /** The value of a header that scheduling was configured to read; null where it was not sent. */
    public @Nullable String other(String name) {
        return others.get(name);
    }
}
