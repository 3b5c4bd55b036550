package io.kvasir.schedule;

/**
 * Drops endpoints that surely cannot take the prompt: one given as token ids, longer than what the endpoint says its
 * model takes. Estimates drop nobody; they order, see {@link ContextFitFilter}.
 */
public final class ContextLimitFilter implements Filter {

    @Override
    public String name() {
        return "context-limit-filter";
    }

    @Override
    public void filter(SchedulingContext context) {
        long tokens = context.request().certainTokens();
        if (tokens > 0) {
            String model = context.model();
            context.retain(endpoint -> {
                int limit = endpoint.maxModelLen(model);
                return limit == 0 || tokens <= limit;
            });
        }
    }

    @Override
    public Rejection rejection(SchedulingContext context) {
        return Rejection.invalid(
                400,
                "context_length_exceeded",
                null,
                "The prompt has " + context.request().certainTokens()
                        + " tokens, more than any endpoint of the pool can take.",
                RejectReason.CONTEXT_EXCEEDED);
    }
}
