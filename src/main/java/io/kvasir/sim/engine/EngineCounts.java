package io.kvasir.sim.engine;

import java.util.Arrays;

/**
 * What an engine counted since it started. Times are in simulated seconds. Bucket bounds are vLLM's
 * ({@code vllm/v1/metrics/loggers.py}).
 */
public final class EngineCounts {
    private static final double[] TTFT = {
        .001, .005, .01, .02, .04, .06, .08, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560
    };
    private static final double[] TOKEN = {
        .01, .025, .05, .075, .1, .15, .2, .3, .4, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80
    };
    private static final double[] REQUEST = {
        .3, .5, .8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680
    };
    private static final double NANOS = 1e9;

    /** Seconds from submission to the first token. */
    public final Histogram timeToFirstToken;
    /** Seconds between two tokens of a sequence. */
    public final Histogram interTokenLatency;
    /** Mean seconds per output token after the first, by sequence. */
    public final Histogram timePerOutputToken;
    /** Seconds from submission to the last token. */
    public final Histogram endToEnd;
    /** Seconds from submission to the first step. */
    public final Histogram queueTime;
    /** Seconds from the first step to the last token. */
    public final Histogram inferenceTime;
    /** Seconds from the first step to the first token. */
    public final Histogram prefillTime;
    /** Seconds from the first token to the last. */
    public final Histogram decodeTime;
    /** Tokens computed per step. */
    public final Histogram iterationTokens;
    /** Prompt tokens by sequence. */
    public final Histogram promptTokens;
    /** Output tokens by sequence. */
    public final Histogram outputTokens;
    /** Prompt tokens that were computed, not found in the cache, by sequence. */
    public final Histogram computedPromptTokens;
    /** Preemptions by sequence. */
    public final Histogram preemptionsPerSequence;

    long prefixQueries;
    long prefixHits;
    long preemptions;
    long prompt;
    long promptCached;
    long output;
    long finishedAtStop;
    long finishedAtLength;
    long aborted;
    long steps;
    long busyNanos;

    /** @param distributions whether histograms count, or stay empty */
    EngineCounts(int maxModelLength, boolean distributions) {
        timeToFirstToken = histogram(distributions, TTFT);
        interTokenLatency = histogram(distributions, TOKEN);
        timePerOutputToken = histogram(distributions, TOKEN);
        endToEnd = histogram(distributions, REQUEST);
        queueTime = histogram(distributions, REQUEST);
        inferenceTime = histogram(distributions, REQUEST);
        prefillTime = histogram(distributions, REQUEST);
        decodeTime = histogram(distributions, REQUEST);
        iterationTokens = histogram(distributions, 1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384);
        var lengths = oneTwoFive(maxModelLength);
        promptTokens = histogram(distributions, lengths);
        outputTokens = histogram(distributions, lengths);
        computedPromptTokens = histogram(distributions, lengths);
        preemptionsPerSequence = histogram(distributions, 1, 2, 3, 4, 5, 10, 20);
    }

    private static Histogram histogram(boolean distributions, double... bounds) {
        return distributions ? new Histogram(bounds) : Histogram.off();
    }

    /** 1, 2, 5, 10, 20, 50 and so on up to {@code max}: vLLM's {@code build_1_2_5_buckets}. */
    public static double[] oneTwoFive(int max) {
        var bounds = new double[32];
        int count = 0;
        for (long decade = 1; decade <= max; decade *= 10) {
            for (int m : new int[] {1, 2, 5}) {
                if (decade * m <= max) {
                    bounds[count++] = decade * m;
                }
            }
        }
        return Arrays.copyOf(bounds, count);
    }

    void firstToken(Sequence s, long at) {
        timeToFirstToken.observe((at - s.submittedAt) / NANOS);
        prompt += s.prompt().length();
        promptCached += Math.min(s.cachedTokens, s.prompt().length());
    }

    void finished(Sequence s, long at, boolean stopped) {
        endToEnd.observe((at - s.submittedAt) / NANOS);
        queueTime.observe((s.scheduledAt - s.submittedAt) / NANOS);
        inferenceTime.observe((at - s.scheduledAt) / NANOS);
        prefillTime.observe((s.firstTokenAt - s.scheduledAt) / NANOS);
        decodeTime.observe((at - s.firstTokenAt) / NANOS);
        if (s.generated() > 1) {
            timePerOutputToken.observe((at - s.firstTokenAt) / NANOS / (s.generated() - 1));
        }
        promptTokens.observe(s.prompt().length());
        outputTokens.observe(s.generated());
        computedPromptTokens.observe(s.prompt().length() - s.cachedTokens);
        preemptionsPerSequence.observe(s.preemptions);
        if (stopped) {
            finishedAtStop++;
        } else {
            finishedAtLength++;
        }
    }

    /** Tokens looked up in the prefix cache; a sequence that could not be admitted counts again, as in vLLM. */
    public long prefixQueries() {
        return prefixQueries;
    }

    /** Tokens of {@link #prefixQueries} that were found. */
    public long prefixHits() {
        return prefixHits;
    }

    /** Times a running sequence lost its blocks. */
    public long preemptions() {
        return preemptions;
    }

    /** Prompt tokens of sequences that reached their first token. */
    public long prompt() {
        return prompt;
    }

    /** Those of {@link #prompt} that were not computed. */
    public long promptCached() {
        return promptCached;
    }

    /** Tokens generated. */
    public long output() {
        return output;
    }

    /** Sequences that ended by themselves. */
    public long finishedAtStop() {
        return finishedAtStop;
    }

    /** Sequences that ended at the limit their client set. */
    public long finishedAtLength() {
        return finishedAtLength;
    }

    /** Sequences that left before their end. */
    public long aborted() {
        return aborted;
    }

    /** Steps completed. */
    public long steps() {
        return steps;
    }

    /** Simulated nanoseconds spent in steps. */
    public long busyNanos() {
        return busyNanos;
    }
}
