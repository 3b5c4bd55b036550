package io.kvasir.route;

import io.kvasir.metric.LatencyBuckets;
import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import io.kvasir.prefix.PrefixSource;
import io.kvasir.request.RefusalReason;
import io.kvasir.schedule.EncodeReason;
import io.kvasir.schedule.PairReason;
import java.util.Arrays;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** What the router counted since it started. */
public final class RouterCounts implements Metered {
    /** What the router refuses for; the rest are the doors'. */
    private static final RefusalReason[] BY_ROUTER = Arrays.stream(RefusalReason.values())
            .filter(reason -> reason.by() == RefusalReason.By.ROUTER)
            .toArray(RefusalReason[]::new);

    private final AtomicLongArray outcomes = new AtomicLongArray(Outcome.values().length);
    private final AtomicLongArray rejections = new AtomicLongArray(RefusalReason.values().length);
    private final AtomicLongArray pairings = new AtomicLongArray(PairReason.values().length);
    private final AtomicLongArray encodings = new AtomicLongArray(EncodeReason.values().length);
    private final AtomicLongArray models = new AtomicLongArray(ModelNote.values().length);
    private final AtomicLongArray prefixes = new AtomicLongArray(PrefixSource.values().length);
    /** By {@link PrefixFallback}'s codes, which are few. */
    private final ConcurrentHashMap<String, LongAdder> fallbacks = new ConcurrentHashMap<>();

    private final AtomicLongArray stored = new AtomicLongArray(StoredReason.values().length);
    private final LatencyBuckets decisions = LatencyBuckets.ofDecisions();
    private final LatencyBuckets lookups = LatencyBuckets.ofDecisions();
    private final WaitCounts waits = new WaitCounts();
    private final RequestTimes times = new RequestTimes();
    private final ShadowCounts shadow = new ShadowCounts();
    private final TrafficCounts traffic = new TrafficCounts();
    private final AtomicLongArray retries = new AtomicLongArray(RetryReason.values().length);
    private final UsageTable usage = new UsageTable();
    private final LongAdder promptTokens = new LongAdder();
    private final LongAdder cachedTokens = new LongAdder();
    private final LongAdder predictedCachedTokens = new LongAdder();
    private final LongAdder foretoldPromptTokens = new LongAdder();
    private final LongAdder foretoldCachedTokens = new LongAdder();
    private final LongAdder outputTokens = new LongAdder();
    private final LongAdder estimatedPromptTokens = new LongAdder();
    private final LongAdder estimatedOutputTokens = new LongAdder();

    /** Bookings that ended that way. */
    public long ended(Outcome outcome) {
        return outcomes.get(outcome.ordinal());
    }

    /** What tenants have taken of models. */
    public UsageTable usage() {
        return usage;
    }

    /** Requests refused for that reason. */
    public long rejected(RefusalReason reason) {
        return rejections.get(reason.ordinal());
    }

    /** Decisions with or without a prefill endpoint, for that reason. */
    public long paired(PairReason reason) {
        return pairings.get(reason.ordinal());
    }

    /** Decisions with or without endpoints that encode media, for that reason. */
    public long encoded(EncodeReason reason) {
        return encodings.get(reason.ordinal());
    }

    /** Requests that showed that of their models. */
    public long models(ModelNote note) {
        return models.get(note.ordinal());
    }

    /** Decisions whose belief in what the endpoint holds of the prompt rests on that. */
    public long prefixes(PrefixSource source) {
        return prefixes.get(source.ordinal());
    }

    /** Decisions in which an estimate told what an endpoint holds that tells it itself, for that reason. */
    public long fallbacks(String reason) {
        var count = fallbacks.get(reason);
        return count == null ? 0 : count.sum();
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

    /** Prompt tokens of the requests in {@link #cachedTokens} whose policy looked at what endpoints hold. */
    public long foretoldPromptTokens() {
        return foretoldPromptTokens.sum();
    }

    /** Prompt tokens that were found of those requests. */
    public long foretoldCachedTokens() {
        return foretoldCachedTokens.sum();
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

    /** @param fallback see {@link PrefixFallback}; null for none */
    void prefix(@Nullable PrefixSource source, @Nullable String fallback) {
        if (source != null) {
            prefixes.getAndIncrement(source.ordinal());
        }
        if (fallback != null) {
            fallbacks.computeIfAbsent(fallback, _ -> new LongAdder()).increment();
        }
    }

    void pair(PairReason reason) {
        pairings.getAndIncrement(reason.ordinal());
    }

    void encode(EncodeReason reason) {
        encodings.getAndIncrement(reason.ordinal());
    }

    /** Times of looking up what endpoints hold of a prompt, of some requests. */
    public LatencyBuckets lookups() {
        return lookups;
    }

    void retry(RetryReason reason) {
        retries.getAndIncrement(reason.ordinal());
    }

    void usage(int prompt, int cached, int predicted, boolean foretold, int output) {
        promptTokens.add(Math.max(0, prompt));
        outputTokens.add(Math.max(0, output));
        if (cached >= 0 && prompt >= 0) {
            cachedTokens.add(Math.min(cached, prompt));
            predictedCachedTokens.add(Math.min(predicted, prompt));
            if (foretold) {
                foretoldPromptTokens.add(prompt);
                foretoldCachedTokens.add(Math.min(cached, prompt));
            }
        }
    }

    void unreported(long prompt, int events) {
        estimatedPromptTokens.add(prompt);
        estimatedOutputTokens.add(events);
    }

    @Override
    public void describe(MetricSink sink) {
        sink.histogram("kvasir_decision_seconds", "Time from a complete body to the decision.", decisions);
        sink.histogram(
                "kvasir_prefix_lookup_seconds",
                "Time of looking up what endpoints hold of a prompt, of one request in 16.",
                lookups);
        sink.counters(
                "kvasir_requests_ended",
                "Requests that had an endpoint, by how they ended.",
                "outcome",
                Outcome.values(),
                Outcome::code,
                this::ended);
        sink.counters(
                "kvasir_requests_rejected",
                "Requests that got no endpoint, by reason.",
                "reason",
                BY_ROUTER,
                RefusalReason::code,
                this::rejected);
        sink.counters(
                "kvasir_prefix_answers",
                "Decisions, by the view of prefixes that told what the picked endpoint holds.",
                "view",
                PrefixSource.values(),
                PrefixSource::code,
                this::prefixes);
        fallbacks.forEach((reason, count) -> sink.counter(
                "kvasir_prefix_fallbacks",
                "Decisions in which an estimate told what an endpoint with KV events holds, by why its events did not.",
                count.sum(),
                "reason",
                reason));
        sink.counters(
                "kvasir_prefill_pairs",
                "Decisions with (paired) or without a prefill endpoint, by reason.",
                "reason",
                PairReason.values(),
                PairReason::code,
                this::paired);
        sink.counters(
                "kvasir_encode_choices",
                "Decisions with (encoded) or without endpoints that encode media, by reason.",
                "reason",
                EncodeReason.values(),
                EncodeReason::code,
                this::encoded);
        sink.counters(
                "kvasir_retries",
                "Requests sent again, by reason.",
                "reason",
                RetryReason.values(),
                RetryReason::code,
                this::retries);
        sink.counters(
                "kvasir_unlisted_models",
                "Requests for models that no endpoint is told to serve, by what was done or answered.",
                "note",
                ModelNote.values(),
                ModelNote::code,
                this::models);
        sink.counters(
                "kvasir_stored_requests",
                "Requests for something that an engine keeps, by where they went and why.",
                "reason",
                StoredReason.values(),
                StoredReason::code,
                this::stored);
        tokens(sink);
        times.describe(sink);
        traffic.describe(sink);
        waits.describe(sink);
        usage.describe(sink);
    }

    private void tokens(MetricSink sink) {
        sink.counter("kvasir_prompt_tokens", "Prompt tokens that engines reported.", promptTokens());
        sink.counter("kvasir_output_tokens", "Output tokens that engines reported.", outputTokens());
        sink.counter(
                "kvasir_estimated_prompt_tokens",
                "Prompt tokens, as estimated, of streams whose engines reported none.",
                estimatedPromptTokens());
        sink.counter(
                "kvasir_estimated_output_tokens",
                "Output tokens, counted by events, of streams whose engines reported none.",
                estimatedOutputTokens());
        sink.counter("kvasir_cached_tokens", "Prompt tokens that engines found in their caches.", cachedTokens());
        sink.counter(
                "kvasir_predicted_cached_tokens",
                "Prompt tokens that were expected to be cached, where engines reported the truth.",
                predictedCachedTokens());
        sink.counter(
                "kvasir_foretold_prompt_tokens",
                "Prompt tokens of requests whose policy looked at caches and whose engine told what it found.",
                foretoldPromptTokens());
        sink.counter(
                "kvasir_foretold_cached_tokens",
                "Prompt tokens of requests whose policy looked at caches that the engines found there.",
                foretoldCachedTokens());
    }
}
