package io.kvasir.token;

import io.kvasir.metric.LatencyBuckets;
import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/** Which source knew the tokens of prompts, and why others did not. */
public final class TokenCounts implements Metered {
    private final AtomicLongArray served = new AtomicLongArray(TokenSource.values().length);
    private final AtomicLongArray gaps = new AtomicLongArray(TokenGap.values().length);
    private final LatencyBuckets seconds = LatencyBuckets.ofDecisions();
    private final LongAdder equal = new LongAdder();
    private final LongAdder different = new LongAdder();

    /** A prompt of text was served by that source. */
    void served(TokenSource source) {
        served.getAndIncrement(source.ordinal());
    }

    /** A search for the tokens of a prompt took that long, whatever was found. */
    void took(long nanos) {
        seconds.record(nanos);
    }

    void gap(TokenGap why) {
        gaps.getAndIncrement(why.ordinal());
    }

    /** What this process made of a prompt was held beside what an engine made of it. */
    void compared(boolean same) {
        (same ? equal : different).increment();
    }

    /** Prompts of text that a source served. */
    public long count(TokenSource source) {
        return served.get(source.ordinal());
    }

    /** How often a source did not know, for that reason. */
    public long count(TokenGap why) {
        return gaps.get(why.ordinal());
    }

    /** Prompts whose tokens were held beside the engine's own. */
    public long compared() {
        return equal.sum() + different.sum();
    }

    @Override
    public void describe(MetricSink sink) {
        sink.histogram(
                "kvasir_token_seconds", "Time until the tokens of a prompt of text were known, or given up.", seconds);
        sink.counters(
                "kvasir_token_prompts",
                "Prompts of text whose tokens were asked for, by who knew them.",
                "source",
                TokenSource.values(),
                TokenSource::code,
                this::count);
        sink.counters(
                "kvasir_token_gaps",
                "Times that a source did not know the tokens of a prompt, by why.",
                "reason",
                TokenGap.values(),
                TokenGap::code,
                this::count);
        sink.counter(
                "kvasir_token_checks", "Prompts tokenised here and by the engine.", equal.sum(), "outcome", "equal");
        sink.counter(
                "kvasir_token_checks",
                "Prompts tokenised here and by the engine.",
                different.sum(),
                "outcome",
                "different");
    }
}
