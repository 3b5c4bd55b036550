package io.kvasir.schedule;

import io.kvasir.cost.TimeModel;
import io.kvasir.pool.Endpoint;

/**
 * What the time model expects of a request on one candidate, in seconds. Policy {@code time} adds them up, decoding by a
 * tenth; under other policies they explain and do not decide.
 *
 * @param waiting until the engine begins with it: prompts before it, and until blocks for it are free
 * @param prefill of the tokens that the candidate does not hold
 * @param transfer of the KV cache to the decode endpoint; 0 where the candidate would answer itself
 * @param decode of the whole answer; 0 where the candidate would prefill only
 */
public record CostParts(double waiting, double prefill, double transfer, double decode) {

    /** Those of a candidate of {@code context}. */
    static CostParts of(TimeModel time, SchedulingContext context, Endpoint endpoint) {
        var peer = context.peer();
        var rates = time.rates(endpoint, context.model());
        var load = endpoint.load();
        double prompt = context.request().promptTokens();
        double cached = Math.min(context.cachedTokens(endpoint), prompt);
        double output = peer == null ? context.expectedOutput() : 1;
        double held = load.heldTokens();
        double decoding = Math.max(0, load.requests() - load.prefills());
        return new CostParts(
                time.waitSeconds(endpoint, rates, context.nowNanos(), context.freshNanos())
                        + time.kvWaitSeconds(endpoint, rates, prompt + output, output),
                rates.prefillSeconds(prompt - cached, cached, held),
                peer == null
                        ? 0
                        : time.transferSeconds(context.model(), Math.max(0, prompt - context.cachedTokens(peer))),
                peer == null ? output * rates.interTokenSeconds(decoding + 1, held + prompt + output / 2) : 0);
    }
}
