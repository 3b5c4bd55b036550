package io.kvasir.schedule;

import io.kvasir.request.Refusal;
import io.kvasir.request.Refusals;

/**
 * Drops endpoints that by estimate cannot hold the prompt and a token more. For those that would prefill for another:
 * where none is left, the other prefills itself.
 */
final class PrefillRoomFilter implements Filter {
    static final PluginType TYPE =
            PluginType.of(PluginKind.FILTER, "prefill-room-filter", (_, _) -> new PrefillRoomFilter());

    @Override
    public String name() {
        return TYPE.name();
    }

    @Override
    public void filter(SchedulingContext context) {
        String model = context.model();
        long tokens = context.request().longestPromptTokens() + 1;
        context.retain(endpoint -> tokens <= ContextFitFilter.room(endpoint, model));
    }

    @Override
    public Refusal refusal(SchedulingContext context) {
        return Refusals.filtered(name());
    }
}
