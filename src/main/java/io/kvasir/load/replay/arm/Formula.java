package io.kvasir.load.replay.arm;

import io.kvasir.cost.TimeModel;
import io.kvasir.load.replay.ReplayArm;
import io.kvasir.load.replay.ReplayRequest;
import io.kvasir.load.replay.RequestResult;
import io.kvasir.schedule.Need;
import io.kvasir.schedule.Policy;
import io.kvasir.schedule.Profile;
import io.kvasir.schedule.SchedulingContext;
import io.kvasir.schedule.Scorer;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** An arm that takes the candidate of least cost, by a formula over a {@link SchedulingContext} and books of its own. */
abstract class Formula implements ReplayArm.Chooser, Scorer {
    private final String name;
    private final TimeModel time;
    private final ActiveWork work = new ActiveWork();
    private @Nullable Profile profile;

    Formula(String name, TimeModel time) {
        this.name = name;
        this.time = time;
    }

    /** Looks at all candidates before they are priced. */
    void prepare(SchedulingContext context) {}

    /** What the candidate at that place costs; least is best, and chance decides between equals. */
    abstract double cost(SchedulingContext context, int place);

    @Override
    public final Profile profile() {
        var made = profile;
        if (made == null) {
            made = Policy.standing(name, time).add(this, 1).build();
            profile = made;
        }
        return made;
    }

    @Override
    public final String name() {
        return name;
    }

    @Override
    public Set<Need> needs() {
        return Set.of(Need.PREFIX, Need.STATS);
    }

    @Override
    public final void score(SchedulingContext context, double[] scores) {
        prepare(context);
        for (int i = 0; i < context.size(); i++) {
            scores[i] = -cost(context, i);
        }
    }

    /** The books. */
    final ActiveWork work() {
        return work;
    }

    final TimeModel time() {
        return time;
    }

    static int ordinal(SchedulingContext context, int place) {
        return context.candidate(place).ordinal();
    }

    /** Requests in flight at the candidate. */
    final int requests(SchedulingContext context, int place) {
        return work.requests(ordinal(context, place));
    }

    /** Prompt tokens that the candidate would have to compute. */
    static double uncached(SchedulingContext context, int place) {
        return Math.max(0, context.request().promptTokens() - context.cachedTokens(place));
    }

    /** Share of the prompt that the candidate holds. */
    static double held(SchedulingContext context, int place) {
        return context.cachedTokens(place)
                / (double) Math.max(1, context.request().promptTokens());
    }

    @Override
    public void placed(ReplayRequest request, int replica, int believedCachedTokens) {
        work.placed(request, replica, believedCachedTokens);
    }

    @Override
    public void begun(ReplayRequest request) {
        work.begun(request);
    }

    @Override
    public void finished(RequestResult result) {
        work.finished(result);
    }
}
