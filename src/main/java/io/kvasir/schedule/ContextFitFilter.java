package io.kvasir.schedule;

import io.kvasir.pool.Endpoint;
import io.kvasir.request.Refusal;
import io.kvasir.request.Refusals;

/**
 * Puts endpoints that by estimate cannot hold the request behind those that can: by {@code max_model_len} or by KV
 * capacity, prompt and output first, then the prompt alone, then what holds most. Never leaves nobody: the engine is the
 * judge of what it can take.
 */
public final class ContextFitFilter implements Filter {
    static final PluginType TYPE =
            PluginType.of(PluginKind.FILTER, "context-fit-filter", (_, _) -> new ContextFitFilter());

    @Override
    public String name() {
        return TYPE.name();
    }

    @Override
    public void filter(SchedulingContext context) {
        String model = context.model();
        double prompt = Math.max(1, context.request().longestPromptTokens());
        double both = prompt + Math.max(0, context.request().maxOutputTokens());
        int fitting = 0;
        boolean prompts = false;
        int most = 0;
        for (int i = 0; i < context.size(); i++) {
            int room = room(context.candidate(i), model);
            fitting += both <= room ? 1 : 0;
            prompts |= prompt <= room;
            most = Math.max(most, room);
        }
        if (fitting == context.size()) {
            return;
        }
        double needed = fitting > 0 ? both : prompts ? prompt : most;
        context.prefer(endpoint -> needed <= room(endpoint, model));
        if (!prompts) {
            context.notes().overContext();
        }
    }

    /** Tokens that one sequence can have there; without an end where nobody told. */
    static int room(Endpoint endpoint, String model) {
        int limit = endpoint.contextTokens(model);
        return limit == 0 ? Integer.MAX_VALUE : limit;
    }

    @Override
    public Refusal refusal(SchedulingContext context) {
        return Refusals.filtered(name());
    }
}
