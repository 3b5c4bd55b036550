package io.kvasir.route;

import io.kvasir.cost.Prediction;
import io.kvasir.cost.TimeModel;
import io.kvasir.failure.ContainedFailures;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.PoolSnapshot;
import io.kvasir.schedule.Decision;
import io.kvasir.schedule.Profile;
import io.kvasir.schedule.SchedulingContext;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Has a second profile decide what was just decided, over the same candidates, beliefs and loads, before anything is booked.
 * It has a context and chance of its own: what is decided is the same with it and without it. It books nothing, its plug-ins
 * are told of no booking, and what it throws is counted and goes no further. It costs one more run of a profile a decision,
 * and where it is the only one to ask what endpoints hold, that.
 */
final class Shadow {
    private final TimeModel time;
    private final ShadowCounts counts;
    private final ThreadLocal<SchedulingContext> contexts;
    private final ContainedFailures failures = new ContainedFailures("the shadow profile");

    /** @param randoms makes a generator for each thread that decides */
    Shadow(TimeModel time, ShadowCounts counts, Supplier<RandomGenerator> randoms) {
        this.time = time;
        this.counts = counts;
        contexts = ThreadLocal.withInitial(() -> new SchedulingContext(randoms.get()));
    }

    /**
     * Compares a decision.
     *
     * @param used the context that it was made in; left as it is
     * @param subset the only {@code ip:port} that may be chosen; null for all
     * @param match finds out what endpoints hold; null where {@code used} knows
     */
    void compare(
            Profile profile,
            SchedulingContext used,
            PoolSnapshot pool,
            @Nullable List<String> subset,
            Decision decision,
            @Nullable Consumer<SchedulingContext> match) {
        var context = contexts.get();
        try {
            context.beginBeside(used, pool, subset);
            if (match != null) {
                match.accept(context);
            }
            var other = profile.run(context, null).decision();
            if (other == null) {
                counts.count(ShadowOutcome.REFUSED);
            } else {
                counts.seconds(seconds(context, decision.endpoint()), seconds(context, other.endpoint()));
                counts.count(other.endpoint() == decision.endpoint() ? ShadowOutcome.AGREED : ShadowOutcome.DIFFERED);
            }
        } catch (RuntimeException e) {
            counts.count(ShadowOutcome.FAILED);
            failures.failed(e);
        } finally {
            context.end();
        }
    }

    private double seconds(SchedulingContext context, Endpoint endpoint) {
        Prediction expected = time.predict(
                endpoint,
                context.model(),
                context.work(),
                context.cachedTokens(endpoint),
                context.nowNanos(),
                context.freshNanos());
        return expected.cost();
    }
}
