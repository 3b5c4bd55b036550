package io.kvasir.scrape;

import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import java.util.Arrays;
import java.util.concurrent.atomic.LongAdder;

/** What reading cost and how it went, for one endpoint or for all; figures only grow. */
public final class ScrapeCounts implements Metered {
    private final LongAdder pages = new LongAdder();
    private final LongAdder bytes = new LongAdder();
    private final LongAdder readNanos = new LongAdder();
    private final LongAdder waitNanos = new LongAdder();
    private final LongAdder skipped = new LongAdder();
    private final LongAdder refreshed = new LongAdder();
    private final LongAdder malformedLines = new LongAdder();
    private final LongAdder connections = new LongAdder();
    private final LongAdder failedProbes = new LongAdder();
    private final LongAdder modelLists = new LongAdder();
    private final LongAdder[] failedVersions = new LongAdder[ScrapeFailure.values().length];
    private final LongAdder[] failedEventSources = new LongAdder[ScrapeFailure.values().length];
    private final LongAdder[] failures = new LongAdder[ScrapeFailure.values().length];
    private final LongAdder[] failedModelLists = new LongAdder[ScrapeFailure.values().length];

    ScrapeCounts() {
        Arrays.setAll(failures, _ -> new LongAdder());
        Arrays.setAll(failedVersions, _ -> new LongAdder());
        Arrays.setAll(failedEventSources, _ -> new LongAdder());
        Arrays.setAll(failedModelLists, _ -> new LongAdder());
    }

    /** Metrics pages that were read to their end and told the pool. */
    public long pages() {
        return pages.sum();
    }

    /** Bytes of those pages, without HTTP heads. */
    public long bytes() {
        return bytes.sum();
    }

    /** Time in ns spent parsing HTTP and pages, system calls apart. */
    public long readNanos() {
        return readNanos.sum();
    }

    /** Time in ns from asking for a page to having it, over all {@link #pages}. */
    public long waitNanos() {
        return waitNanos.sum();
    }

    /** Times that a page was due while the one before was still awaited. */
    public long skipped() {
        return skipped.sum();
    }

    /** Pages read early because {@link Scraper#refreshSoon} asked. */
    public long refreshed() {
        return refreshed.sum();
    }

    /** Lines of wanted families that were not understood, and samples whose value cannot be. */
    public long malformedLines() {
        return malformedLines.sum();
    }

    /** Connections made. */
    public long connections() {
        return connections.sum();
    }

    /** Pages that were asked for and not had, for that reason. */
    public long failures(ScrapeFailure why) {
        return failures[why.ordinal()].sum();
    }

    /** Health probes that failed, for whatever reason. */
    public long failedProbes() {
        return failedProbes.sum();
    }

    /** Lists of models that were read. */
    public long modelLists() {
        return modelLists.sum();
    }

    /** Lists of models that were asked for and not had, for that reason. */
    public long failedModelLists(ScrapeFailure why) {
        return failedModelLists[why.ordinal()].sum();
    }

    /** Versions of engines that were asked for and not had, for that reason. */
    public long failedVersions(ScrapeFailure why) {
        return failedVersions[why.ordinal()].sum();
    }

    /** Times that an engine was asked where its KV events are and did not say, for that reason. */
    public long failedEventSources(ScrapeFailure why) {
        return failedEventSources[why.ordinal()].sum();
    }

    void page(long pageBytes, long awaitedNanos) {
        pages.increment();
        bytes.add(pageBytes);
        waitNanos.add(awaitedNanos);
    }

    void read(long nanos) {
        readNanos.add(nanos);
    }

    void skip() {
        skipped.increment();
    }

    void refresh() {
        refreshed.increment();
    }

    void modelList() {
        modelLists.increment();
    }

    void malformed(long lines) {
        malformedLines.add(lines);
    }

    void connection() {
        connections.increment();
    }

    void failure(ProbeKind ask, ScrapeFailure why) {
        switch (ask) {
            case PAGE -> failures[why.ordinal()].increment();
            case HEALTH -> failedProbes.increment();
            case MODELS -> failedModelLists[why.ordinal()].increment();
            case VERSION -> failedVersions[why.ordinal()].increment();
            case EVENT_SOURCES -> failedEventSources[why.ordinal()].increment();
        }
    }

    @Override
    public void describe(MetricSink sink) {
        sink.counter("kvasir_scrape_pages", "Metrics pages read.", pages());
        sink.counter("kvasir_scrape_bytes", "Bytes of metrics pages read.", bytes());
        sink.counter("kvasir_scrape_read_seconds", "Time spent reading pages.", readNanos() * 1e-9);
        sink.counter("kvasir_scrape_wait_seconds", "Time waited for pages.", waitNanos() * 1e-9);
        sink.counter("kvasir_scrape_refreshed_pages", "Pages asked for early, for decisions.", refreshed());
        sink.counter("kvasir_scrape_skipped_pages", "Pages due while the one before was awaited.", skipped());
        sink.counter("kvasir_scrape_malformed_lines", "Lines that were no metric.", malformedLines());
        sink.counter("kvasir_scrape_failed_probes", "Health probes that failed.", failedProbes());
        sink.counter("kvasir_scrape_model_lists", "Lists of models read.", modelLists());
        sink.counters(
                "kvasir_scrape_model_list_failures",
                "Lists of models that could not be read, by reason.",
                "reason",
                ScrapeFailure.values(),
                ScrapeFailure::code,
                this::failedModelLists);
        sink.counters(
                "kvasir_scrape_version_failures",
                "Versions of engines that could not be read, by reason.",
                "reason",
                ScrapeFailure.values(),
                ScrapeFailure::code,
                this::failedVersions);
        sink.counters(
                "kvasir_scrape_event_source_failures",
                "Times that an engine was asked where its KV events are and did not say, by reason.",
                "reason",
                ScrapeFailure.values(),
                ScrapeFailure::code,
                this::failedEventSources);
        sink.counters(
                "kvasir_scrape_failures",
                "Pages that could not be read, by reason.",
                "reason",
                ScrapeFailure.values(),
                ScrapeFailure::code,
                this::failures);
    }
}
