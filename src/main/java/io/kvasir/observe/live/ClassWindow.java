package io.kvasir.observe.live;

import io.kvasir.metric.Histogram;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * What a hardware class was given and how fast it was, lately: sums that fade, so that about half a minute counts. Looked at
 * once a second by one thread. What was there before the first look does not count.
 */
final class ClassWindow {
    /** What is left after a second. */
    private static final double KEPT = 0.97;

    private final Map<String, Times> firstTokens = new HashMap<>();
    private final Map<String, Times> betweenTokens = new HashMap<>();
    private double picks;
    private double promptTokens;

    /** Buckets of one histogram, as they were seen last, and what came since, fading. */
    private static final class Times {
        private long[] seen;
        private final double[] faded;
        private final double[] bounds;

        Times(Histogram first, boolean fromZero) {
            seen = fromZero ? new long[first.counts().length] : first.counts();
            faded = new double[seen.length];
            bounds = first.bounds();
        }

        void look(Histogram now) {
            long[] counts = now.counts();
            for (int i = 0; i < faded.length; i++) {
                faded[i] = KEPT * faded[i] + Math.max(0, counts[i] - seen[i]);
            }
            seen = counts;
        }
    }

    /**
     * A second later: what came.
     *
     * @param morePicks and
     * @param moreTokens since the last look
     */
    void given(long morePicks, long moreTokens) {
        picks = KEPT * picks + morePicks;
        promptTokens = KEPT * promptTokens + moreTokens;
    }

    /**
     * The times of one model there, as they are counted since the start.
     *
     * @param first whether this is the first look at anything, so that what was counted is old
     */
    void times(String model, Histogram firstToken, Histogram betweenToken, boolean first) {
        firstTokens.computeIfAbsent(model, _ -> new Times(firstToken, !first)).look(firstToken);
        betweenTokens
                .computeIfAbsent(model, _ -> new Times(betweenToken, !first))
                .look(betweenToken);
    }

    /** Requests that it was given, fading. */
    double picks() {
        return picks;
    }

    /** Prompt tokens that it was given, fading. */
    double promptTokens() {
        return promptTokens;
    }

    /** Time to first token that a share of the requests kept to, in seconds; NaN where there were none. */
    double firstToken(double share) {
        return quantile(firstTokens, share);
    }

    /** Time between tokens that a share of them kept to, in seconds; NaN where there were none. */
    double betweenTokens(double share) {
        return quantile(betweenTokens, share);
    }

    /** By linear interpolation in the bucket, as Prometheus' histogram_quantile has it. */
    private static double quantile(Map<String, Times> byModel, double share) {
        double[] sum = {};
        double[] bounds = {};
        for (var times : byModel.values()) {
            if (sum.length == 0) {
                sum = new double[times.faded.length];
                bounds = times.bounds;
            }
            for (int i = 0; i < sum.length; i++) {
                sum[i] += times.faded[i];
            }
        }
        double all = Arrays.stream(sum).sum();
        // what has faded below one is no evidence
        if (all < 0.5) {
            return Double.NaN;
        }
        double rank = share * all;
        double before = 0;
        for (int i = 0; i < bounds.length; i++) {
            if (before + sum[i] >= rank) {
                double from = i == 0 ? 0 : bounds[i - 1];
                return from + (bounds[i] - from) * (rank - before) / sum[i];
            }
            before += sum[i];
        }
        return bounds[bounds.length - 1];
    }
}
