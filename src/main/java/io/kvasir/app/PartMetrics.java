package io.kvasir.app;

import io.kvasir.discovery.EndpointFile;
import io.kvasir.extproc.ExtProcCounts;
import io.kvasir.extproc.ExtProcServer;
import io.kvasir.extproc.StreamEvent;
import io.kvasir.extproc.tls.FailedConnection;
import io.kvasir.extproc.tls.FirstBytes;
import io.kvasir.observe.Families;
import io.kvasir.pool.Pool;
import io.kvasir.prefix.PrefixView;
import io.kvasir.proxy.AbortReason;
import io.kvasir.proxy.ProxyCounts;
import io.kvasir.route.Router;
import io.kvasir.scrape.ScrapeCounts;
import io.kvasir.scrape.ScrapeFailure;

/** Metrics of doors and senses, from the counters that each keeps. */
final class PartMetrics {
    private static final String CONTAINED = "kvasir_contained_failures";
    private static final String CONTAINED_HELP = "Failures that were kept from requests, by what failed.";

    private PartMetrics() {}

    static void prefix(Families families, PrefixView view) {
        for (var stats : view.stats()) {
            String code = stats.source().code();
            var index = stats.index();
            families.gauge("kvasir_prefix_blocks", "Blocks in the prefix index.", index.blocks(), "view", code);
            families.gauge("kvasir_prefix_runs", "Runs of blocks in the prefix index.", index.runs(), "view", code);
            families.counter(
                    "kvasir_prefix_late", "Ends of requests whose endpoint had left.", stats.late(), "view", code);
        }
    }

    /** What failed without taking a request along. */
    static void contained(Families families, Router router, Pool pool, PrefixView view) {
        families.counter(CONTAINED, CONTAINED_HELP, router.listenerFailures(), "what", "decision-listener");
        families.counter(CONTAINED, CONTAINED_HELP, router.prompts().failed(), "what", "prompt-listener");
        families.counter(CONTAINED, CONTAINED_HELP, pool.listenerFailures(), "what", "pool-listener");
        for (var queue : router.events().queues()) {
            families.counter(
                    "kvasir_events_dropped",
                    "Events that a listener was not told, as it was too slow.",
                    queue.dropped(),
                    "listener",
                    queue.name());
        }
        families.counter(CONTAINED, CONTAINED_HELP, view.failures(), "what", "prefix-index");
    }

    static void prompts(Families families, Router router) {
        families.counter(
                "kvasir_prompt_listeners_cut",
                "Prompts of which a listener heard only as much as its bound.",
                router.prompts().cut());
    }

    static void scrape(Families families, ScrapeCounts counts) {
        families.counter("kvasir_scrape_pages", "Metrics pages read.", counts.pages());
        families.counter("kvasir_scrape_bytes", "Bytes of metrics pages read.", counts.bytes());
        families.counter("kvasir_scrape_read_seconds", "Time spent reading pages.", counts.readNanos() * 1e-9);
        families.counter("kvasir_scrape_wait_seconds", "Time waited for pages.", counts.waitNanos() * 1e-9);
        families.counter("kvasir_scrape_malformed_lines", "Lines that were no metric.", counts.malformedLines());
        families.counter("kvasir_scrape_failed_probes", "Health probes that failed.", counts.failedProbes());
        families.counter("kvasir_scrape_model_lists", "Lists of models read.", counts.modelLists());
        for (ScrapeFailure failure : ScrapeFailure.values()) {
            families.counter(
                    "kvasir_scrape_model_list_failures",
                    "Lists of models that could not be read, by reason.",
                    counts.failedModelLists(failure),
                    "reason",
                    failure.code());
        }
        for (ScrapeFailure failure : ScrapeFailure.values()) {
            families.counter(
                    "kvasir_scrape_failures",
                    "Pages that could not be read, by reason.",
                    counts.failures(failure),
                    "reason",
                    failure.code());
        }
    }

    static void endpointFile(Families families, EndpointFile file) {
        families.counter("kvasir_endpoint_file_reloads", "Endpoint files taken.", file.reloads());
        families.counter("kvasir_endpoint_file_failed_reloads", "Endpoint files refused.", file.failedReloads());
        families.counter("kvasir_endpoint_file_unknown_keys", "Keys that were not known.", file.unknownKeys());
    }

    static void proxy(Families families, ProxyCounts counts) {
        families.counter(CONTAINED, CONTAINED_HELP, counts.writeFailures().count(), "what", "answer-write");
        for (int statusClass = 1; statusClass <= 5; statusClass++) {
            families.counter(
                    "kvasir_proxy_answers",
                    "Answers by class of status.",
                    counts.answered(statusClass),
                    "class",
                    statusClass + "xx");
        }
        counts.refusals()
                .forEach((reason, count) -> families.counter(
                        "kvasir_proxy_refusals",
                        "Answers of the proxy's own that refuse, by reason.",
                        count,
                        "reason",
                        reason));
        for (AbortReason reason : AbortReason.values()) {
            families.counter(
                    "kvasir_proxy_aborts",
                    "Exchanges without a complete answer, by reason.",
                    counts.aborted(reason),
                    "reason",
                    reason.code());
        }
        families.gauge("kvasir_proxy_in_flight", "Exchanges in progress.", counts.inFlight());
        families.gauge("kvasir_proxy_connections", "Connections of clients.", counts.connections());
        families.gauge("kvasir_proxy_buffered_bytes", "The older name of kvasir_body_bytes.", counts.bufferedBytes());
        families.counter("kvasir_proxy_connect_retries", "Requests sent to a fallback.", counts.connectRetries());
        families.counter(
                "kvasir_proxy_stale_resends", "Requests sent again on a fresh connection.", counts.staleResends());
        families.counter(
                "kvasir_proxy_interim_answers", "Interim answers of endpoints, dropped.", counts.interimAnswers());
        families.counter(
                "kvasir_proxy_crowded_heads",
                "Connections reset as there was no memory for the head of a request.",
                counts.crowdedHeads());
        families.counter(
                "kvasir_proxy_odd_answers",
                "What endpoints sent that is no answer, or beside one; each costs its connection.",
                counts.oddAnswers());
        counts.waitsEnded((reason, count) -> families.counter(
                "kvasir_proxy_waits_ended",
                "Waits for the first byte of an answer that were ended, by reason.",
                count,
                "reason",
                reason));
        families.counter(
                "kvasir_proxy_holder_searches",
                "Searches among endpoints for the one that keeps what a client asks for.",
                counts.holderSearches(),
                "made",
                "true");
        families.counter(
                "kvasir_proxy_holder_searches",
                "Searches among endpoints for the one that keeps what a client asks for.",
                counts.holderSearchesRefused(),
                "made",
                "false");
        families.counter("kvasir_proxy_chunks", "Chunks of answers.", counts.chunks());
        families.counter("kvasir_proxy_writes", "Writes to clients.", counts.writes());
        families.counter(
                "kvasir_proxy_models_not_restored",
                "Compressed answers that name the engine's model instead of the client's.",
                counts.modelsNotRestored());
        families.counter(
                "kvasir_proxy_models_not_rewritten",
                "Requests whose body could not be made to name the model they are routed to.",
                counts.modelsNotRewritten());
        families.counter("kvasir_proxy_pauses", "Times an engine was made to wait for its client.", counts.pauses());
    }

    static void picker(Families families, ExtProcServer picker) {
        streams(families, picker.counts());
        connections(families, "picker", picker.pickerConnections());
        connections(families, "health", picker.healthConnections());
    }

    private static void connections(Families families, String port, FirstBytes connections) {
        for (FailedConnection reason : FailedConnection.values()) {
            families.counter(
                    "kvasir_ext_proc_failed_connections",
                    "Connections that came to nothing before a stream, by reason.",
                    connections.failed(reason),
                    "port",
                    port,
                    "reason",
                    reason.code());
        }
    }

    private static void streams(Families families, ExtProcCounts counts) {
        for (StreamEvent event : StreamEvent.values()) {
            families.counter(
                    "kvasir_ext_proc_events", "What happened on streams.", counts.of(event), "event", event.code());
        }
        families.gauge("kvasir_ext_proc_streams", "Streams open.", counts.open());
        counts.refusals()
                .forEach((reason, count) -> families.counter(
                        "kvasir_ext_proc_refusals", "Immediate responses, by reason.", count, "reason", reason));
    }
}
