package io.kvasir.schedule;

import io.kvasir.cost.TimeModel;

/**
 * How much sooner than a request demands candidates are predicted to be, in seconds; below zero where later. By the time
 * model, where other pickers ask a trained predictor. Without the header for the first token nothing is soon enough, without
 * that for output tokens all is.
 */
final class SloHeadroom {
    private final TimeModel time;

    SloHeadroom(TimeModel time) {
        this.time = time;
    }

    /** Of the first token; NaN where nothing is predicted. */
    double firstToken(SchedulingContext context, int place) {
        double slo = context.request().headers().ttftSlo();
        double predicted = time.firstTokenSeconds(
                context.candidate(place),
                context.rates(time, place).rates(),
                context.work(),
                context.cachedTokens(place),
                context.nowNanos(),
                context.freshNanos());
        return (Double.isNaN(slo) ? 0 : slo) - predicted;
    }

    /** Of each output token. */
    double perToken(SchedulingContext context, int place) {
        double slo = context.request().headers().tpotSlo();
        return Double.isNaN(slo)
                ? 0
                : slo
                        - time.tokenSeconds(
                                context.candidate(place),
                                context.rates(time, place).rates(),
                                context.work(),
                                context.nowNanos());
    }
}
