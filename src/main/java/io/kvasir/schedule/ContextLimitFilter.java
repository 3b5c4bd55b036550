package io.kvasir.schedule;

/**
 * Drops endpoints that surely cannot take the prompt: one given as token ids, longer than what the endpoint says its
 * model takes. Estimates drop nobody; they order, see {@link ContextFitFilter}.
 */
public final class ContextLimitFilter implements Filter {
    static final PluginType TYPE =
            PluginType.of(PluginKind.FILTER, "context-limit-filter", (_, _) -> new ContextLimitFilter());

    @Override
    public String name() {
        return TYPE.name();
    }

    @Override
    public void filter(SchedulingContext context) {
        long tokens = context.request().certainTokens();
        if (tokens == 0) {
            return;
        }
        String model = context.model();
        int most = 0;
        for (int i = 0; i < context.size(); i++) {
            most = Math.max(most, context.candidate(i).maxModelLen(model));
        }
        context.longestContext(most);
        context.retain(endpoint -> {
            int limit = endpoint.maxModelLen(model);
            return limit == 0 || tokens <= limit;
        });
    }

    @Override
    public Rejection rejection(SchedulingContext context) {
        return Rejection.invalid(
                400,
                "context_length_exceeded",
                null,
                // the words by which clients recognise it and fall back
                "This model's maximum context length is " + context.longestContext()
                        + " tokens. However, the prompt has "
                        + context.request().certainTokens() + " tokens.",
                RejectReason.CONTEXT_EXCEEDED);
    }
}
