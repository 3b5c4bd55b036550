package io.kvasir.schedule;

import io.kvasir.cost.EndpointRates;
import io.kvasir.cost.TimeModel;
import io.kvasir.pool.Endpoint;

/** Predicts times to first token. */
final class FirstToken {
    private FirstToken() {}

    /**
     * Seconds until an endpoint that prefills the prompt itself has its first token.
     *
     * @param output tokens that it generates then
     * @param held from {@link io.kvasir.pool.EndpointLoad#heldTokens}
     */
    static double seconds(
            TimeModel time,
            SchedulingContext context,
            Endpoint endpoint,
            EndpointRates rates,
            double output,
            double held) {
        double prompt = context.request().promptTokens();
        double cached = Math.min(context.cachedTokens(endpoint), prompt);
        return time.waitSeconds(endpoint, rates, context.nowNanos(), context.freshNanos())
                + time.kvWaitSeconds(endpoint, rates, prompt + output, output)
                + rates.prefillSeconds(prompt - cached, cached, held);
    }

    /** Seconds until a decode endpoint has its first token that gets the prompt's KV from {@code prefill}. */
    static double pairSeconds(TimeModel time, SchedulingContext context, Endpoint prefill, Endpoint decode) {
        double prompt = context.request().promptTokens();
        double missing = Math.max(0, prompt - context.cachedTokens(decode));
        double output = context.expectedOutput();
        var rates = time.rates(decode, context.model());
        var load = decode.load();
        double held = load.heldTokens();
        double decoding = Math.max(0, load.requests() - load.prefills());
        return seconds(
                        time,
                        context,
                        prefill,
                        time.rates(prefill, context.model()),
                        1,
                        prefill.load().heldTokens())
                + time.transferSeconds(context.model(), missing)
                + time.kvWaitSeconds(decode, rates, prompt + output, output)
                + rates.interTokenSeconds(decoding + 1, held + prompt);
    }
}
