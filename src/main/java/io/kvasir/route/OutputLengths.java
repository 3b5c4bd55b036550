package io.kvasir.route;

import io.kvasir.request.Request;
import io.kvasir.route.AnswerHabits.Whose;
import org.jspecify.annotations.Nullable;

/**
 * How many tokens a sequence generates: by session where it has shown enough, else by tenant, else by model, else what is
 * usual in the pool. All of these forget. Bounded whatever clients call themselves and their models.
 */
final class OutputLengths {
    /** Answers that what is usual elsewhere counts as. */
    private static final int START_SAMPLES = 8;

    private static final double NEW_SHARE = 0.02;

    /** What one answer counts for at most: so many times what was expected, or this many tokens. */
    private static final int MOST_TIMES = 8;

    private static final int LEAST_BELIEVED = 512;
    private static final int MOST = 131_072;

    private final FadingMean pool;
    private final NamedModels<FadingMean> models;
    private final AnswerHabits habits = new AnswerHabits();

    /** @param first tokens to expect before any answer was seen */
    OutputLengths(double first) {
        pool = new FadingMean(first, (int) (1 / NEW_SHARE), NEW_SHARE);
        models = new NamedModels<>(() -> new FadingMean(pool.mean(), START_SAMPLES, NEW_SHARE));
    }

    /** Tokens to expect of each sequence of a request to that model, if nothing bounds it. */
    double expected(Request request, String model) {
        String flow = request.headers().fairnessId();
        double session = habits.mean(Whose.SESSION, flow, request.sessionId(), model);
        if (!Double.isNaN(session)) {
            return session;
        }
        double tenant = habits.mean(Whose.TENANT, flow, tenant(request), model);
        if (!Double.isNaN(tenant)) {
            return tenant;
        }
        var known = models.find(model);
        return known == null ? pool.mean() : known.mean();
    }

    /**
     * A request was answered in full.
     *
     * @param served whether the endpoint is known to serve that model
     * @param told tokens of one sequence; an engine is believed {@link #MOST} of them, and one answer that is far from
     *     what was expected moves that by little
     */
    void seen(Request request, String model, boolean served, int told, long nowNanos) {
        double believed = Math.max(LEAST_BELIEVED, MOST_TIMES * expected(request, model));
        double tokens = Math.min(Math.min(told, MOST), believed);
        pool.add(tokens);
        models.of(model, served, true).add(tokens);
        String flow = request.headers().fairnessId();
        habits.seen(Whose.SESSION, flow, request.sessionId(), model, tokens, nowNanos);
        habits.seen(Whose.TENANT, flow, tenant(request), model, tokens, nowNanos);
    }

    private static @Nullable String tenant(Request request) {
        String flow = request.headers().fairnessId();
        return flow != null ? flow : request.user();
    }
}
