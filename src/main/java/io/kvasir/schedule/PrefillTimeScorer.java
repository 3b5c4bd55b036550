package io.kvasir.schedule;

import io.kvasir.cost.TimeModel;
import java.util.Set;

/** The time model's seconds until a prompt is computed, negated; what is decoded afterwards, elsewhere, does not count. */
public final class PrefillTimeScorer implements Scorer {
    static final PluginType TYPE = PluginType.of(
            PluginKind.SCORER, "prefill-time-scorer", (_, context) -> new PrefillTimeScorer(context.time()));

    private final TimeModel time;

    public PrefillTimeScorer(TimeModel time) {
        this.time = time;
    }

    @Override
    public String name() {
        return TYPE.name();
    }

    @Override
    public Set<Need> needs() {
        return Set.of(Need.PREFIX, Need.STATS, Need.PREDICTIONS);
    }

    @Override
    public void score(SchedulingContext context, double[] scores) {
        var work = context.work().prefillOnly();
        double[] predicted = context.predicted();
        for (int i = 0; i < context.size(); i++) {
            predicted[i] = time.firstTokenSeconds(
                    context.candidate(i),
                    context.rates(time, i).rates(),
                    work,
                    context.cachedTokens(i),
                    context.nowNanos(),
                    context.freshNanos());
            scores[i] = -predicted[i];
        }
    }
}
