package io.kvasir.load.replay.arm;

import io.kvasir.cost.DecodeWeight;
import io.kvasir.cost.TimeModel;
import io.kvasir.load.replay.ReplayRequest;
import io.kvasir.load.replay.RequestResult;
import io.kvasir.schedule.SchedulingContext;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * A router that learns its reward while it runs: a linear regression of felt seconds on the features that published learned
 * routers have (overlap, new and waiting prefill tokens, requests in flight, KV usage, and prompt length times waiting
 * prefill; llm-d's latency predictor, Dynamo's {@code learned-choice}), by recursive least squares, with 2 % of the decisions
 * left to chance. As in these, no feature tells what hardware a replica is.
 */
final class LearnedReward extends Formula {
    static final int FEATURES = 8;
    private static final double TOKENS = 8_192;
    private static final double REQUESTS = 32;
    private static final double EXPLORE = 0.02;

    private final RandomGenerator random;
    private final LeastSquares model = new LeastSquares(FEATURES, 0.999);
    private final Map<Integer, double[]> decided = new HashMap<>();
    private double[][] seen = new double[0][];
    private boolean explores;

    LearnedReward(String name, TimeModel time, RandomGenerator random) {
        super(name, time);
        this.random = random;
        // what is known before anything is learned: work costs
        model.start(new double[] {0.1, 0, 0.3, 0.3, 0.1, 0.1, 0, 0});
    }

    @Override
    void prepare(SchedulingContext context) {
        explores = random.nextDouble() < EXPLORE;
    }

    @Override
    double cost(SchedulingContext context, int place) {
        int ordinal = ordinal(context, place);
        if (ordinal >= seen.length) {
            int before = seen.length;
            seen = Arrays.copyOf(seen, ordinal + 16);
            for (int i = before; i < seen.length; i++) {
                seen[i] = new double[FEATURES];
            }
        }
        double[] x = seen[ordinal];
        double fresh = uncached(context, place) / TOKENS;
        double waiting = work().prefillTokens(ordinal) / TOKENS;
        double kv = context.candidate(place).stats().kvUsage();
        x[0] = 1;
        x[1] = held(context, place);
        x[2] = fresh;
        x[3] = waiting;
        x[4] = requests(context, place) / REQUESTS;
        x[5] = Double.isNaN(kv) ? 0 : kv;
        x[6] = context.request().promptTokens() / TOKENS * waiting;
        x[7] = fresh * x[4];
        return explores ? random.nextDouble() : model.predict(x);
    }

    @Override
    public void placed(ReplayRequest request, int replica, int believedCachedTokens) {
        super.placed(request, replica, believedCachedTokens);
        decided.put(request.id(), seen[replica].clone());
    }

    @Override
    public void finished(RequestResult result) {
        super.finished(result);
        double[] x = decided.remove(result.request().id());
        if (x != null) {
            double tokens = result.request().outputTokens();
            double perToken = (result.e2eSeconds() - result.ttftSeconds()) / tokens;
            model.learn(x, result.ttftSeconds() + DecodeWeight.USUAL.answer(tokens, perToken));
        }
    }
}
