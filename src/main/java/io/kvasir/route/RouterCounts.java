package io.kvasir.route;

import io.kvasir.prefix.PrefixSource;
import io.kvasir.request.RefusalReason;
import io.kvasir.schedule.PairReason;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** What the router counted since it started. */
public final class RouterCounts {
    private final AtomicLongArray outcomes = new AtomicLongArray(Outcome.values().length);
    private final AtomicLongArray rejections = new AtomicLongArray(RefusalReason.values().length);
    private final AtomicLongArray pairings = new AtomicLongArray(PairReason.values().length);
    private final AtomicLongArray models = new AtomicLongArray(ModelNote.values().length);
    private final AtomicLongArray prefixes = new AtomicLongArray(PrefixSource.values().length);
    private final AtomicLongArray stored = new AtomicLongArray(StoredReason.values().length);
    private final LatencyBuckets decisions = LatencyBuckets.ofDecisions();
    private final WaitCounts waits = new WaitCounts();
    private final RequestTimes times = new RequestTimes();
    private final ShadowCounts shadow = new ShadowCounts();
    private final TrafficCounts traffic = new TrafficCounts();
    private final AtomicLongArray retries = new AtomicLongArray(RetryReason.values().length);
    private final LongAdder promptTokens = new LongAdder();
    private final LongAdder cachedTokens = new LongAdder();
    private final LongAdder predictedCachedTokens = new LongAdder();
    private final LongAdder outputTokens = new LongAdder();
    private final LongAdder estimatedPromptTokens = new LongAdder();
    private final LongAdder estimatedOutputTokens = new LongAdder();

    /** Bookings that ended that way. */
    public long ended(Outcome outcome) {
        return outcomes.get(outcome.ordinal());
    }

    /** Requests refused for that reason. */
    public long rejected(RefusalReason reason) {
        return rejections.get(reason.ordinal());
    }

    /** Decisions with or without a prefill endpoint, for that reason. */
    public long paired(PairReason reason) {
        return pairings.get(reason.ordinal());
    }

    /** Requests that showed that of their models. */
    public long models(ModelNote note) {
        return models.get(note.ordinal());
    }

    /** Decisions whose belief in what the endpoint holds of the prompt rests on that. */
    public long prefixes(PrefixSource source) {
        return prefixes.get(source.ordinal());
    }

    /** Requests for something stored that went where they did for that reason. */
    public long stored(StoredReason reason) {
        return stored.get(reason.ordinal());
    }

    /** Times from a complete body to its decision. */
    public LatencyBuckets decisions() {
        return decisions;
    }

    /** Requests that waited for their decision. */
    public WaitCounts waits() {
        return waits;
    }

    public RequestTimes times() {
        return times;
    }

    public TrafficCounts traffic() {
        return traffic;
    }

    /** How a profile in the shadow compares. */
    public ShadowCounts shadow() {
        return shadow;
    }

    /** Requests sent again for that reason. */
    public long retries(RetryReason reason) {
        return retries.get(reason.ordinal());
    }

    /** Prompt tokens that engines reported. */
    public long promptTokens() {
        return promptTokens.sum();
    }

    /** Prompt tokens that engines reported to have found in their caches. */
    public long cachedTokens() {
        return cachedTokens.sum();
    }

    /** Prompt tokens that were expected to be found, of the requests in {@link #cachedTokens}. */
    public long predictedCachedTokens() {
        return predictedCachedTokens.sum();
    }

    /** Output tokens that engines reported. */
    public long outputTokens() {
        return outputTokens.sum();
    }

    /** Prompt tokens, as estimated, of streamed answers for which engines reported nothing. */
    public long estimatedPromptTokens() {
        return estimatedPromptTokens.sum();
    }

    /** Events with content of streamed answers for which engines reported nothing: output tokens, or a few at a time. */
    public long estimatedOutputTokens() {
        return estimatedOutputTokens.sum();
    }

    void end(Outcome outcome) {
        outcomes.getAndIncrement(outcome.ordinal());
    }

    void reject(RefusalReason reason) {
        rejections.getAndIncrement(reason.ordinal());
    }

    void storedSent(StoredReason reason) {
        stored.getAndIncrement(reason.ordinal());
    }

    void model(ModelNote note) {
        models.getAndIncrement(note.ordinal());
    }

    void prefix(@Nullable PrefixSource source) {
        if (source != null) {
            prefixes.getAndIncrement(source.ordinal());
        }
    }

    void pair(PairReason reason) {
        pairings.getAndIncrement(reason.ordinal());
    }

    void retry(RetryReason reason) {
        retries.getAndIncrement(reason.ordinal());
    }

    void usage(int prompt, int cached, int predicted, int output) {
        promptTokens.add(Math.max(0, prompt));
        outputTokens.add(Math.max(0, output));
        if (cached >= 0 && prompt >= 0) {
            cachedTokens.add(Math.min(cached, prompt));
            predictedCachedTokens.add(Math.min(predicted, prompt));
        }
    }

    void unreported(long prompt, int events) {
        estimatedPromptTokens.add(prompt);
        estimatedOutputTokens.add(events);
    }
}
