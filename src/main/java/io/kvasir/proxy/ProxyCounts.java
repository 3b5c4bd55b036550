package io.kvasir.proxy;

import io.kvasir.failure.ContainedFailures;
import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import io.kvasir.request.RefusalReason;
import io.kvasir.route.BodyBudget;
import io.kvasir.route.RefusalCounts;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.ObjLongConsumer;

/** What the proxy counted since it started, and what it holds now. */
public final class ProxyCounts implements Metered {
    private final AtomicLongArray answered = new AtomicLongArray(6);
    private final AtomicLongArray aborted = new AtomicLongArray(AbortReason.values().length);
    private final LongAdder started = new LongAdder();
    private final LongAdder ended = new LongAdder();
    private final LongAdder connectionsOpened = new LongAdder();
    private final LongAdder connectionsClosed = new LongAdder();
    private final LongAdder connectRetries = new LongAdder();
    private final LongAdder staleResends = new LongAdder();
    private final LongAdder chunks = new LongAdder();
    private final LongAdder writes = new LongAdder();
    private final LongAdder pauses = new LongAdder();
    private final AtomicLongArray waitsEnded = new AtomicLongArray(WaitEnd.values().length);
    private final LongAdder modelsNotRestored = new LongAdder();
    private final LongAdder modelsNotRewritten = new LongAdder();
    private final LongAdder identitiesNotBelieved = new LongAdder();
    private final LongAdder interimAnswers = new LongAdder();
    private final LongAdder oddAnswers = new LongAdder();
    private final LongAdder holderSearches = new LongAdder();
    private final LongAdder holderSearchesRefused = new LongAdder();
    private final LongAdder crowdedHeads = new LongAdder();
    private final ContainedFailures writeFailures = new ContainedFailures("writing an answer");
    private final RefusalCounts refusals = new RefusalCounts();
    private final BodyBudget budget;

    ProxyCounts(BodyBudget budget) {
        this.budget = budget;
    }

    /** Of answers to clients. */
    public ContainedFailures writeFailures() {
        return writeFailures;
    }

    /**
     * Requests answered with a complete response, errors included.
     *
     * @param statusClass 1 to 5, the first digit of the status
     */
    public long answered(int statusClass) {
        return answered.get(statusClass);
    }

    /** Answers of its own that refuse. */
    public RefusalCounts refusals() {
        return refusals;
    }

    void refused(RefusalReason reason) {
        refusals.count(reason);
    }

    /** Requests that ended without a complete answer, for that reason. */
    public long aborted(AbortReason reason) {
        return aborted.get(reason.ordinal());
    }

    /** Requests now between their headers and the end of their answer. */
    public long inFlight() {
        return Math.max(0, started.sum() - ended.sum());
    }

    /** Clients' connections now open. */
    public long connections() {
        return Math.max(0, connectionsOpened.sum() - connectionsClosed.sum());
    }

    /** Bytes of request bodies now held. */
    public long bufferedBytes() {
        return budget.used();
    }

    /** Searches among the endpoints for the one that keeps what a client asks for. */
    public long holderSearches() {
        return holderSearches.sum();
    }

    /** Such searches that were not made, as too many were. */
    public long holderSearchesRefused() {
        return holderSearchesRefused.sum();
    }

    void holderSearch(boolean made) {
        (made ? holderSearches : holderSearchesRefused).increment();
    }

    /** Requests sent to another endpoint because the first could not be connected to. */
    public long connectRetries() {
        return connectRetries.sum();
    }

    /** Requests sent again because a kept connection turned out to be closed. */
    public long staleResends() {
        return staleResends.sum();
    }

    /** Answers that name the engine's model instead of the client's, being compressed. */
    public long modelsNotRestored() {
        return modelsNotRestored.sum();
    }

    /** Interim answers of endpoints, which are not passed on. */
    public long interimAnswers() {
        return interimAnswers.sum();
    }

    /** Times an endpoint sent what is no answer, or more than one; each costs its connection. */
    public long oddAnswers() {
        return oddAnswers.sum();
    }

    /** Connections reset because there was no memory for the head of a request. */
    public long crowdedHeads() {
        return crowdedHeads.sum();
    }

    /** Requests that were to name another model, in a body that is neither a JSON object nor a form. */
    public long modelsNotRewritten() {
        return modelsNotRewritten.sum();
    }

    /** Pieces of response bodies received. */
    public long chunks() {
        return chunks.sum();
    }

    /** Writes of response bodies made for them. */
    public long writes() {
        return writes.sum();
    }

    /** Times an upstream was stopped because its client did not read. */
    public long pauses() {
        return pauses.sum();
    }

    void start() {
        started.increment();
    }

    void answer(int status) {
        ended.increment();
        answered.getAndIncrement(Math.clamp(status / 100, 1, 5));
    }

    void abort(AbortReason reason) {
        ended.increment();
        aborted.getAndIncrement(reason.ordinal());
    }

    void connection(boolean opened) {
        (opened ? connectionsOpened : connectionsClosed).increment();
    }

    /** Tells how often the wait for the first byte of an answer was ended, by the stable name of the reason. */
    public void waitsEnded(ObjLongConsumer<String> each) {
        for (WaitEnd end : WaitEnd.values()) {
            each.accept(end.code(), waitsEnded.get(end.ordinal()));
        }
    }

    void waitEnded(WaitEnd end) {
        waitsEnded.getAndIncrement(end.ordinal());
    }

    void connectRetry() {
        connectRetries.increment();
    }

    void staleResend() {
        staleResends.increment();
    }

    void chunk() {
        chunks.increment();
    }

    void write() {
        writes.increment();
    }

    void interimAnswer() {
        interimAnswers.increment();
    }

    void crowded() {
        crowdedHeads.increment();
    }

    void oddAnswer() {
        oddAnswers.increment();
    }

    /** A peer that is not trusted said whose a request is, or how much it matters. */
    void identityNotBelieved() {
        identitiesNotBelieved.increment();
    }

    void modelNotRewritten() {
        modelsNotRewritten.increment();
    }

    void modelNotRestored() {
        modelsNotRestored.increment();
    }

    void pause() {
        pauses.increment();
    }

    @Override
    public void describe(MetricSink sink) {
        writeFailures.describe(sink, "answer-write");
        for (int statusClass = 1; statusClass <= 5; statusClass++) {
            sink.counter(
                    "kvasir_proxy_answers",
                    "Answers by class of status.",
                    answered(statusClass),
                    "class",
                    statusClass + "xx");
        }
        refusals.forEach((reason, count) -> sink.counter(
                "kvasir_proxy_refusals",
                "Answers of the proxy's own that refuse, by reason.",
                count,
                "reason",
                reason));
        for (AbortReason reason : AbortReason.values()) {
            sink.counter(
                    "kvasir_proxy_aborts",
                    "Exchanges without a complete answer, by reason.",
                    aborted(reason),
                    "reason",
                    reason.code());
        }
        sink.gauge("kvasir_proxy_in_flight", "Exchanges in progress.", inFlight());
        sink.gauge("kvasir_proxy_connections", "Connections of clients.", connections());
        sink.gauge("kvasir_proxy_buffered_bytes", "The older name of kvasir_body_bytes.", bufferedBytes());
        sink.counter("kvasir_proxy_connect_retries", "Requests sent to a fallback.", connectRetries());
        sink.counter("kvasir_proxy_stale_resends", "Requests sent again on a fresh connection.", staleResends());
        sink.counter("kvasir_proxy_interim_answers", "Interim answers of endpoints, dropped.", interimAnswers());
        sink.counter(
                "kvasir_proxy_crowded_heads",
                "Connections reset as there was no memory for the head of a request.",
                crowdedHeads());
        sink.counter(
                "kvasir_proxy_odd_answers",
                "What endpoints sent that is no answer, or beside one; each costs its connection.",
                oddAnswers());
        waitsEnded((reason, count) -> sink.counter(
                "kvasir_proxy_waits_ended",
                "Waits for the first byte of an answer that were ended, by reason.",
                count,
                "reason",
                reason));
        sink.counter(
                "kvasir_proxy_holder_searches",
                "Searches among endpoints for the one that keeps what a client asks for.",
                holderSearches(),
                "made",
                "true");
        sink.counter(
                "kvasir_proxy_holder_searches",
                "Searches among endpoints for the one that keeps what a client asks for.",
                holderSearchesRefused(),
                "made",
                "false");
        sink.counter("kvasir_proxy_chunks", "Chunks of answers.", chunks());
        sink.counter("kvasir_proxy_writes", "Writes to clients.", writes());
        sink.counter(
                "kvasir_proxy_models_not_restored",
                "Compressed answers that name the engine's model instead of the client's.",
                modelsNotRestored());
        sink.counter(
                "kvasir_proxy_models_not_rewritten",
                "Requests whose body could not be made to name the model they are routed to.",
                modelsNotRewritten());
        sink.counter(
                "kvasir_proxy_identities_not_believed",
                "Requests whose peer is not trusted and said whose they are or how much they matter.",
                identitiesNotBelieved.sum());
        sink.counter("kvasir_proxy_pauses", "Times an engine was made to wait for its client.", pauses());
    }
}
