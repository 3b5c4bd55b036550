package io.kvasir.request;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a request's headers add to its body. Doors fill it, each from its own kind of headers.
 *
 * @param requestId {@code x-request-id}, null for none
 * @param sessionId the session header's value, null for none
 * @param parentSessionId the session that it is part of, null for none
 * @param objective name of the inference objective, null for none
 * @param fairnessId the flow that the request is counted to, as a gateway or a trusted proxy says; null for the default flow
 * @param ttftSlo time to first token wanted, in seconds, above 0 and at most a day; NaN for none or any other
 * @param tpotSlo time per output token wanted, in seconds, above 0 and at most a day; NaN for none or any other
 * @param ttl seconds that the request may wait to be let in, above 0 and at most a day; NaN for none or any other
 * @param retries how often its client had tried before, at least 0
 * @param others what {@link #other} tells: headers that scheduling was configured to read, by name in lower case
 */
public record RequestHeaders(
        @Nullable String requestId,
        @Nullable String sessionId,
        @Nullable String parentSessionId,
        @Nullable String objective,
        @Nullable String fairnessId,
        double ttftSlo,
        double tpotSlo,
        double ttl,
        int retries,
        Map<String, String> others) {

    /** The longest time that an SLO or a TTL may name, in seconds. */
    private static final double LONGEST = 86_400;

    public RequestHeaders {
        others = Map.copyOf(others);
        ttftSlo = seconds(ttftSlo);
        tpotSlo = seconds(tpotSlo);
        ttl = seconds(ttl);
        retries = Math.max(0, retries);
    }

    /** Headers that say nothing. */
    public static final RequestHeaders NONE =
            new RequestHeaders(null, null, null, null, null, Double.NaN, Double.NaN, Double.NaN, 0, Map.of());

    private static double seconds(double seconds) {
        return seconds > 0 && seconds <= LONGEST ? seconds : Double.NaN;
    }

    /** The same with a request id. */
    public RequestHeaders withRequestId(@Nullable String value) {
        return new RequestHeaders(
                value, sessionId, parentSessionId, objective, fairnessId, ttftSlo, tpotSlo, ttl, retries, others);
    }

    /** The same with a session. */
    public RequestHeaders withSessionId(@Nullable String value) {
        return new RequestHeaders(
                requestId, value, parentSessionId, objective, fairnessId, ttftSlo, tpotSlo, ttl, retries, others);
    }

    /** The same with a session that it is part of. */
    public RequestHeaders withParentSessionId(@Nullable String value) {
        return new RequestHeaders(
                requestId, sessionId, value, objective, fairnessId, ttftSlo, tpotSlo, ttl, retries, others);
    }

    /** The same with an objective. */
    public RequestHeaders withObjective(@Nullable String value) {
        return new RequestHeaders(
                requestId, sessionId, parentSessionId, value, fairnessId, ttftSlo, tpotSlo, ttl, retries, others);
    }

    /** The same with a flow. */
    public RequestHeaders withFairnessId(@Nullable String value) {
        return new RequestHeaders(
                requestId, sessionId, parentSessionId, objective, value, ttftSlo, tpotSlo, ttl, retries, others);
    }

    /** The same with SLOs, in seconds; NaN for none. */
    public RequestHeaders withSlo(double ttft, double tpot) {
        return new RequestHeaders(
                requestId, sessionId, parentSessionId, objective, fairnessId, ttft, tpot, ttl, retries, others);
    }

    /** The same with a time to wait at most, in seconds, NaN for none, and a number of tries before. */
    public RequestHeaders withPatience(double seconds, int tries) {
        return new RequestHeaders(
                requestId, sessionId, parentSessionId, objective, fairnessId, ttftSlo, tpotSlo, seconds, tries, others);
    }

    /** The same with other headers, by name in lower case. */
    public RequestHeaders withOthers(Map<String, String> values) {
        return new RequestHeaders(
                requestId, sessionId, parentSessionId, objective, fairnessId, ttftSlo, tpotSlo, ttl, retries, values);
    }

    /** The value of a header that scheduling was configured to read; null where it was not sent. */
    public @Nullable String other(String name) {
        return others.get(name);
    }
}
