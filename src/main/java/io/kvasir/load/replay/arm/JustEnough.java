package io.kvasir.load.replay.arm;

import io.kvasir.cost.TimeModel;
import io.kvasir.schedule.Need;
import io.kvasir.schedule.SchedulingContext;
import java.util.Set;

/**
 * Just enough: of the replicas that are predicted to meet the request's SLO the slowest, of equal ones the fullest, so that
 * fast ones stay free for who needs them; the soonest first token where none does. Times are those of the router's own model.
 * A request that asks for nothing counts as asking for 2 s and 50 ms (llm-d's {@code latency-scorer} with strategy {@code
 * least}, and AIBrix' {@code slo} routers pack in this manner).
 */
final class JustEnough extends Formula {
    private static final double TTFT_SECONDS = 2;
    private static final double TPOT_SECONDS = 0.05;
    private static final double LATE = 1e6;
    private static final double PER_REQUEST = 1e-4;

    JustEnough(String name, TimeModel time) {
        super(name, time);
    }

    @Override
    public Set<Need> needs() {
        return Set.of(Need.PREFIX, Need.STATS, Need.PREDICTIONS);
    }

    /** What a replica costs that would answer in such times. */
    static double price(double ttft, double tpot, double wantedTtft, double wantedTpot, double speed, double requests) {
        boolean meets = ttft <= wantedTtft && tpot <= wantedTpot;
        return meets ? speed - PER_REQUEST * requests : LATE + ttft;
    }

    @Override
    double cost(SchedulingContext context, int place) {
        var headers = context.request().headers();
        var endpoint = context.candidate(place);
        var rates = context.rates(time(), place).rates();
        var asked = context.work();
        double ttft = time().firstTokenSeconds(
                        endpoint, rates, asked, context.cachedTokens(place), context.nowNanos(), context.freshNanos());
        return price(
                ttft,
                time().tokenSeconds(endpoint, rates, asked, context.nowNanos()),
                Double.isNaN(headers.ttftSlo()) ? TTFT_SECONDS : headers.ttftSlo(),
                Double.isNaN(headers.tpotSlo()) ? TPOT_SECONDS : headers.tpotSlo(),
                endpoint.weight(),
                requests(context, place));
    }
}
