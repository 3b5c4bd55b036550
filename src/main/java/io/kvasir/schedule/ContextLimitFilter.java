package io.kvasir.schedule;

import io.kvasir.request.Refusal;
import io.kvasir.request.Refusals;

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
        context.notes().longestContext(most);
        context.retain(endpoint -> {
            int limit = endpoint.maxModelLen(model);
            return limit == 0 || tokens <= limit;
        });
    }

    @Override
    public Refusal refusal(SchedulingContext context) {
        return Refusals.contextExceeded(
                context.notes().longestContext(), context.request().certainTokens());
    }
}
