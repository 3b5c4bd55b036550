package io.kvasir.sim.http;

import io.kvasir.kvevents.wire.HashScheme;
import io.kvasir.sim.engine.Engine;
import io.kvasir.sim.engine.Sequence;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The metrics page of vLLM 0.32, without the series of its Python process and web framework. */
final class VllmMetrics {
    private static final String NONE = "None";

    private VllmMetrics() {}

    static MetricsPage page(EngineConfig config, EngineHost host, Adapters adapters) {
        var page = new MetricsPage("engine", "0", "model_name", config.model());
        var engine = host.engine();
        gauges(page, engine, host);
        counters(page, engine);
        histograms(page, engine);
        if (config.fullMetrics()) {
            rest(page, host);
        }
        page.family("vllm:cache_config_info", "gauge", "Information of the LLMEngine CacheConfig");
        var info = "vllm:cache_config_info"
                + MetricsPage.labels(cacheConfig(engine, config.options().events())) + " 1.0\n";
        page.text(() -> info);
        page.text(() -> adapters.paths().isEmpty() ? "" : lora(host, adapters));
        return page;
    }

    private static void gauges(MetricsPage page, Engine engine, EngineHost host) {
        page.gauge(
                "vllm:num_requests_running", "Number of requests in model execution batches.", () -> engine.running());
        page.gauge("vllm:num_requests_waiting", "Number of requests waiting to be processed.", () -> engine.waiting());
        var reasons = "vllm:num_requests_waiting_by_reason";
        page.family(
                reasons,
                "gauge",
                "Number of waiting requests by reason. Reason labels: 'capacity' = waiting for scheduling capacity; "
                        + "'deferred' = deferred by transient constraints (LoRA budget, KV transfer, blocked status). "
                        + "Sum of all reasons equals vllm:num_requests_waiting.");
        page.sample(reasons, () -> engine.waiting(), "reason", "capacity");
        page.sample(reasons, () -> 0, "reason", "deferred");
        var sleep = "vllm:engine_sleep_state";
        page.family(
                sleep,
                "gauge",
                "Engine sleep state; awake = 0 means engine is sleeping; awake = 1 means engine is awake; "
                        + "weights_offloaded = 1 means sleep level 1; discard_all = 1 means sleep level 2.");
        page.sample(sleep, () -> host.sleepLevel() == 0 ? 1 : 0, "sleep_state", "awake");
        page.sample(sleep, () -> host.sleepLevel() == 1 ? 1 : 0, "sleep_state", "weights_offloaded");
        page.sample(sleep, () -> host.sleepLevel() == 2 ? 1 : 0, "sleep_state", "discard_all");
        page.gauge("vllm:kv_cache_usage_perc", "KV-cache usage. 1 means 100 percent usage.", engine::kvUsage);
    }

    private static void counters(MetricsPage page, Engine engine) {
        var stats = engine.stats();
        page.counter(
                "vllm:prefix_cache_queries_total",
                "Prefix cache queries, in terms of number of queried tokens.",
                stats::prefixQueries);
        page.counter(
                "vllm:prefix_cache_hits_total",
                "Prefix cache hits, in terms of number of cached tokens.",
                stats::prefixHits);
        for (var what : new String[] {"queries", "hits"}) {
            page.counter(
                    "vllm:external_prefix_cache_" + what + "_total",
                    "External prefix cache " + what + " from KV connector cross-instance cache sharing, in terms of "
                            + "number of tokens.",
                    () -> 0);
        }
        page.counter(
                "vllm:num_preemptions_total", "Cumulative number of preemption from the engine.", stats::preemptions);
        page.counter("vllm:prompt_tokens_total", "Number of prefill tokens processed.", stats::prompt);
        var sources = "vllm:prompt_tokens_by_source_total";
        page.family(sources, "counter", "Number of prompt tokens by source.");
        page.count(sources, () -> stats.prompt() - stats.promptCached(), "source", "local_compute");
        page.count(sources, stats::promptCached, "source", "local_cache_hit");
        page.count(sources, () -> 0, "source", "external_kv_transfer");
        page.counter(
                "vllm:prompt_tokens_cached_total",
                "Number of cached prompt tokens (local + external).",
                stats::promptCached);
        page.counter("vllm:generation_tokens_total", "Number of generation tokens processed.", stats::output);
        var success = "vllm:request_success_total";
        page.family(success, "counter", "Count of successfully processed requests.");
        page.count(success, stats::finishedAtStop, "finished_reason", "stop");
        page.count(success, stats::finishedAtLength, "finished_reason", "length");
        page.count(success, stats::aborted, "finished_reason", "abort");
        page.count(success, () -> 0, "finished_reason", "error");
        page.count(success, () -> 0, "finished_reason", "repetition");
    }

    private static void histograms(MetricsPage page, Engine engine) {
        var stats = engine.stats();
        page.histogram(
                "vllm:time_to_first_token_seconds",
                "Histogram of time to first token in seconds.",
                stats.timeToFirstToken);
        page.histogram(
                "vllm:inter_token_latency_seconds",
                "Histogram of inter-token latency in seconds.",
                stats.interTokenLatency);
        page.histogram(
                "vllm:e2e_request_latency_seconds", "Histogram of e2e request latency in seconds.", stats.endToEnd);
        page.histogram(
                "vllm:request_queue_time_seconds",
                "Histogram of time spent in WAITING phase for request.",
                stats.queueTime);
    }

    private static void rest(MetricsPage page, EngineHost host) {
        var stats = host.engine().stats();
        for (var what : new String[] {"flops", "read_bytes", "write_bytes"}) {
            page.counter(
                    "vllm:estimated_" + what + "_per_gpu_total", "Estimated number of " + what + " per GPU.", () -> 0);
        }
        for (var what : new String[] {"queries", "hits"}) {
            page.counter(
                    "vllm:mm_cache_" + what + "_total",
                    "Multi-modal cache " + what + ", in terms of number of items.",
                    () -> 0);
        }
        var tiers = "vllm:prompt_tokens_cached_by_source_total";
        page.family(tiers, "counter", "Prefix-cache hit tokens by the cache tier that supplied them.");
        page.count(tiers, stats::promptCached, "source", "device");
        for (var tier : new String[] {"host", "p2p", "disk", "external_unspecified"}) {
            page.count(tiers, () -> 0, "source", tier);
        }
        page.histogram("vllm:request_prompt_tokens", "Number of prefill tokens processed.", stats.promptTokens);
        page.histogram("vllm:request_generation_tokens", "Number of generation tokens processed.", stats.outputTokens);
        page.histogram(
                "vllm:iteration_tokens_total", "Histogram of number of tokens per engine_step.", stats.iterationTokens);
        page.histogram(
                "vllm:request_max_num_generation_tokens",
                "Histogram of maximum number of requested generation tokens.",
                stats.outputTokens);
        page.histogram("vllm:request_params_n", "Histogram of the n request parameter.", host.askedChoices());
        page.histogram(
                "vllm:request_params_max_tokens", "Histogram of the max_tokens request parameter.", host.askedTokens());
        page.histogram(
                "vllm:request_time_per_output_token_seconds",
                "Histogram of time_per_output_token_seconds per request.",
                stats.timePerOutputToken);
        page.histogram(
                "vllm:request_inference_time_seconds",
                "Histogram of time spent in RUNNING phase for request.",
                stats.inferenceTime);
        page.histogram(
                "vllm:request_prefill_time_seconds",
                "Histogram of time spent in PREFILL phase for request.",
                stats.prefillTime);
        page.histogram(
                "vllm:request_decode_time_seconds",
                "Histogram of time spent in DECODE phase for request.",
                stats.decodeTime);
        page.histogram(
                "vllm:request_num_preemptions",
                "Histogram of the number of times a request was preempted.",
                stats.preemptionsPerSequence);
        page.histogram(
                "vllm:request_prefill_kv_computed_tokens",
                "Histogram of new KV tokens computed during prefill (excluding cached tokens).",
                stats.computedPromptTokens);
    }

    private static SortedMap<String, String> cacheConfig(Engine engine, @Nullable EventOptions events) {
        var limits = engine.limits();
        long tokens = (long) limits.blocks() * limits.blockSize();
        var info = new TreeMap<String, String>();
        info.put("engine", "0");
        info.put("block_size", String.valueOf(limits.blockSize()));
        info.put("cache_dtype", "auto");
        info.put("effective_attention_block_size", String.valueOf(limits.blockSize()));
        info.put("enable_prefix_caching", "True");
        info.put("gpu_memory_utilization", "0.9");
        info.put("hash_block_size", NONE);
        info.put("is_attention_free", "False");
        info.put("kv_cache_layout", NONE);
        info.put("kv_cache_size_tokens", String.valueOf(tokens));
        info.put(
                "kv_cache_max_concurrency",
                String.format(Locale.ROOT, "%.2f", (double) tokens / limits.maxModelLength()));
        info.put("num_cpu_blocks", NONE);
        // one more than can be handed out: vLLM counts its null block
        info.put("num_gpu_blocks", String.valueOf(limits.blocks() + 1));
        info.put("num_gpu_blocks_override", NONE);
        info.put("prefix_caching_hash_algo", (events == null ? HashScheme.SHA256 : events.scheme()).text());
        info.put("prefix_match_unit", NONE);
        info.put("sliding_window", NONE);
        info.put("user_specified_block_size", "False");
        return info;
    }

    /** Names of adapters at work, by state, with the time as value: vLLM's {@code LoRARequestStates}. */
    private static String lora(EngineHost host, Adapters adapters) {
        var running = new TreeSet<String>();
        var waiting = new TreeSet<String>();
        for (var answer : host.answers()) {
            var adapter = answer.request().adapter();
            for (int i = 0; adapter != null && i < answer.request().choices().size(); i++) {
                var state = answer.sequence(i).state();
                if (state == Sequence.State.RUNNING) {
                    running.add(adapter);
                } else if (state == Sequence.State.WAITING) {
                    waiting.add(adapter);
                }
            }
        }
        var labels = new TreeMap<String, String>();
        labels.put("max_lora", String.valueOf(adapters.most()));
        labels.put("running_lora_adapters", String.join(",", running));
        labels.put("waiting_lora_adapters", String.join(",", waiting));
        return "# HELP vllm:lora_requests_info Running stats on lora requests.\n"
                + "# TYPE vllm:lora_requests_info gauge\n"
                + "vllm:lora_requests_info" + MetricsPage.labels(labels) + " " + System.currentTimeMillis() / 1e3
                + "\n";
    }
}
