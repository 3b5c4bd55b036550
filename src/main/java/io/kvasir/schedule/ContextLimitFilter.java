package io.kvasir.schedule;

import io.kvasir.pool.Endpoint;

/**
 * Drops endpoints that cannot hold prompt and output: by {@code max_model_len} or by KV capacity. Where a length that is
 * only estimated fits nowhere, it is given {@link #BENEFIT} of the doubt, since a wrong refusal denies what an engine
 * would have served.
 */
public final class ContextLimitFilter implements Filter {
    /** Share by which an estimated prompt may be over a limit and still be tried. */
    static final double BENEFIT = 0.25;

    private final boolean countsOutput;

    /** For endpoints that answer. */
    public ContextLimitFilter() {
        this(true);
    }

    /** @param countsOutput whether the output must fit too; else one token of it */
    ContextLimitFilter(boolean countsOutput) {
        this.countsOutput = countsOutput;
    }

    @Override
    public String name() {
        return "context-limit-filter";
    }

    @Override
    public void filter(SchedulingContext context) {
        var request = context.request();
        double prompt = request.promptTokens();
        double output = countsOutput ? Math.max(0, request.maxOutputTokens()) : 1;
        boolean anyFits = false;
        for (int i = 0; i < context.size() && !anyFits; i++) {
            anyFits = fits(context.candidate(i), prompt + output);
        }
        double tokens = (anyFits || request.exactTokens() ? prompt : prompt / (1 + BENEFIT)) + output;
        context.retain(endpoint -> fits(endpoint, tokens));
    }

    private static boolean fits(Endpoint endpoint, double tokens) {
        int limit = limit(endpoint);
        return limit == 0 || tokens <= limit;
    }

    /** Most tokens that one request may take, 0 if unknown. */
    private static int limit(Endpoint endpoint) {
        int length = endpoint.maxModelLen();
        long kv = endpoint.kvTokens();
        if (kv > 0 && (length == 0 || kv < length)) {
            return (int) Math.min(Integer.MAX_VALUE, kv);
        }
        return length;
    }

    @Override
    public Rejection rejection(SchedulingContext context) {
        var request = context.request();
        return Rejection.invalid(
                400,
                "context_length_exceeded",
                null,
                "No endpoint of the pool can hold this request: about " + request.promptTokens()
                        + " prompt tokens and up to " + Math.max(0, request.maxOutputTokens()) + " output tokens.",
                RejectReason.CONTEXT_EXCEEDED);
    }
}
