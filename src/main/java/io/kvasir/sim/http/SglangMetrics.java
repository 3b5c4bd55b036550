package io.kvasir.sim.http;

import java.util.TreeMap;

/** The metrics page of SGLang, as a server started with {@code --enable-metrics} shows it. */
final class SglangMetrics {
    private SglangMetrics() {}

    static MetricsPage page(EngineConfig config, EngineHost host) {
        var page = new MetricsPage(
                "model_name",
                config.model(),
                "engine_type",
                "unified",
                "tp_rank",
                "0",
                "pp_rank",
                "0",
                "moe_ep_rank",
                "0",
                "dp_rank",
                "0");
        gauges(page, host);
        counters(page, host);
        return page;
    }

    private static void gauges(MetricsPage page, EngineHost host) {
        var engine = host.engine();
        var stats = engine.stats();
        var limits = engine.limits();
        int size = limits.blockSize();
        page.gauge("sglang:num_running_reqs", "The number of running requests.", () -> engine.running());
        page.gauge("sglang:num_queue_reqs", "The number of requests in the waiting queue.", () -> engine.waiting());
        page.gauge("sglang:num_grammar_queue_reqs", "The number of requests in the grammar waiting queue.", () -> 0);
        page.gauge("sglang:num_paused_reqs", "The number of paused requests.", () -> 0);
        page.gauge("sglang:num_retracted_reqs", "The number of retracted requests.", stats::preemptions);
        page.gauge(
                "sglang:num_used_tokens",
                "The number of used tokens.",
                () -> (double) (limits.blocks() - engine.freeBlocks()) * size);
        page.gauge("sglang:token_usage", "The token usage.", engine::kvUsage);
        page.gauge("sglang:full_token_usage", "The token usage of full attention layers.", engine::kvUsage);
        page.gauge(
                "sglang:kv_available_tokens",
                "Tokens that are neither used nor cached.",
                () -> (double) (engine.freeBlocks() - engine.evictableBlocks()) * size);
        page.gauge(
                "sglang:kv_evictable_tokens",
                "Tokens that are cached and that no request uses.",
                () -> (double) engine.evictableBlocks() * size);
        page.gauge(
                "sglang:kv_used_tokens",
                "Tokens that running requests hold.",
                () -> (double) (limits.blocks() - engine.freeBlocks()) * size);
        page.gauge(
                "sglang:cache_hit_rate",
                "The prefix cache hit rate.",
                () -> stats.prefixQueries() == 0 ? 0 : (double) stats.prefixHits() / stats.prefixQueries());
        page.gauge(
                "sglang:gen_throughput",
                "The generation throughput (token/s).",
                () -> stats.busyNanos() == 0 ? 0 : stats.output() * 1e9 / stats.busyNanos());
        var info = new TreeMap<String, String>();
        info.put("page_size", String.valueOf(size));
        info.put("num_pages", String.valueOf(limits.blocks()));
        var line = "sglang:cache_config_info" + MetricsPage.labels(info) + " 1.0\n";
        page.family("sglang:cache_config_info", "gauge", "Information of the cache configuration.");
        page.text(() -> line);
    }

    private static void counters(MetricsPage page, EngineHost host) {
        var stats = host.engine().stats();
        page.counter("sglang:prompt_tokens_total", "Number of prefill tokens processed.", stats::prompt);
        page.counter("sglang:generation_tokens_total", "Number of generation tokens processed.", stats::output);
        page.family("sglang:cached_tokens_total", "counter", "Number of cached prompt tokens.");
        page.count("sglang:cached_tokens_total", stats::promptCached, "cache_source", "device");
        page.counter(
                "sglang:num_requests_total",
                "Number of requests processed.",
                () -> stats.finishedAtStop() + stats.finishedAtLength());
        page.counter("sglang:num_aborted_requests_total", "Number of requests aborted.", stats::aborted);
        page.histogram(
                "sglang:time_to_first_token_seconds",
                "Histogram of time to first token in seconds.",
                stats.timeToFirstToken);
        page.histogram(
                "sglang:inter_token_latency_seconds",
                "Histogram of inter-token latency in seconds.",
                stats.interTokenLatency);
        page.histogram(
                "sglang:e2e_request_latency_seconds",
                "Histogram of end-to-end request latency in seconds.",
                stats.endToEnd);
        page.histogram("sglang:queue_time_seconds", "Histogram of queueing time in seconds.", stats.queueTime);
    }
}
