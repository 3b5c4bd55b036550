package io.kvasir.scrape;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.pool.CacheConfig;
import io.kvasir.pool.EngineKind;
import io.kvasir.pool.EngineStats;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class StatsReaderTest {
    private StatsReader reader = new StatsReader(EngineMetrics.of(EngineKind.VLLM));
    private MetricsPageScanner scanner = scanner(EngineKind.VLLM);

    private MetricsPageScanner scanner(EngineKind engine) {
        reader = new StatsReader(EngineMetrics.of(engine));
        return new MetricsPageScanner(EngineMetrics.of(engine).families(), reader);
    }

    private EngineStats read(String page) {
        byte[] bytes = page.getBytes(StandardCharsets.UTF_8);
        reader.begin();
        scanner.begin();
        scanner.feed(bytes, 0, bytes.length);
        scanner.end();
        return reader.stats(5);
    }

    private EngineStats read(EngineKind engine, String page) {
        scanner = scanner(engine);
        return read(page);
    }

    @Test
    void aRecordedPageOfVllm() {
        var stats = read(new String(RecordedPages.vllm(), StandardCharsets.UTF_8));

        assertThat(stats)
                .isEqualTo(EngineStats.at(5)
                        .running(0)
                        .waiting(0)
                        .kvUsage(0)
                        .blocks(32, 96)
                        .prefixes(4860, 128)
                        .preemptions(0)
                        .cache(new CacheConfig("sha256_cbor", true))
                        .build());
        assertThat(stats.kvTokens()).isEqualTo(3072);
        assertThat(scanner.malformed() + reader.odd()).isZero();
    }

    @Test
    void aPagePartWithoutAnythingWantedIsNotRecognised() {
        var stats = read(new String(RecordedPages.decode(), StandardCharsets.UTF_8));

        assertThat(reader.recognised()).isFalse();
        assertThat(stats.running()).isEqualTo(-1);
    }

    @Test
    void whatThePageDoesNotSayIsUnknownAndNotZero() {
        var stats = read("vllm:num_requests_running 4\n");

        assertThat(reader.recognised()).isTrue();
        assertThat(stats.running()).isEqualTo(4);
        assertThat(stats.waiting()).isEqualTo(-1);
        assertThat(stats.kvUsage()).isNaN();
        assertThat(stats.blockSize()).isEqualTo(-1);
        assertThat(stats.kvBlocks()).isEqualTo(-1);
        assertThat(stats.maxAdapters()).isEqualTo(-1);
        assertThat(stats.prefixQueries()).isEqualTo(-1);
        assertThat(stats.prefixHits()).isEqualTo(-1);
        assertThat(stats.preemptions()).isEqualTo(-1);
        assertThat(stats.asleep()).isFalse();
    }

    @Test
    void ranksOfOneEndpointArePutTogether() {
        var stats = read("""
                vllm:num_requests_running{engine="0"} 4
                vllm:num_requests_running{engine="1"} 5
                vllm:num_requests_waiting{engine="0"} 1
                vllm:num_requests_waiting{engine="1"} 2
                vllm:num_requests_waiting_by_reason{engine="0",reason="capacity"} 1
                vllm:kv_cache_usage_perc{engine="0"} 0.25
                vllm:kv_cache_usage_perc{engine="1"} 0.75
                vllm:cache_config_info{engine="0",block_size="16",num_gpu_blocks="100"} 1
                vllm:cache_config_info{engine="1",block_size="16",num_gpu_blocks="100"} 1
                vllm:prefix_cache_queries_total{engine="0"} 10
                vllm:prefix_cache_queries_total{engine="1"} 20
                vllm:engine_sleep_state{engine="0",sleep_state="awake"} 1
                vllm:engine_sleep_state{engine="1",sleep_state="awake"} 0
                vllm:engine_sleep_state{engine="1",sleep_state="discard_all"} 1
                """);

        assertThat(stats.running()).isEqualTo(9);
        assertThat(stats.waiting()).isEqualTo(3);
        assertThat(stats.kvUsage()).isEqualTo(0.5);
        assertThat(stats.blockSize()).isEqualTo(16);
        assertThat(stats.kvBlocks()).isEqualTo(200);
        assertThat(stats.prefixQueries()).isEqualTo(30);
        assertThat(stats.asleep()).isTrue();
    }

    @Test
    void howThePrefixCacheIsSetUpIsRead() {
        assertThat(read("vllm:cache_config_info{block_size=\"16\",enable_prefix_caching=\"False\"} 1\n")
                        .cache())
                .isEqualTo(new CacheConfig("", false));
        assertThat(read("vllm:cache_config_info{prefix_caching_hash_algo=\"None\",enable_prefix_caching=\"None\"} 1\n")
                        .cache())
                .isEqualTo(CacheConfig.UNTOLD);
        assertThat(read("vllm:num_requests_running 1\n").cache()).isSameAs(CacheConfig.UNTOLD);
    }

    @Test
    void namesOfOlderEnginesCountOnlyWhereTheNewOnesAreMissing() {
        assertThat(read("vllm:gpu_cache_usage_perc 0.5\nvllm:gpu_prefix_cache_hits_total 7\n"))
                .returns(0.5, EngineStats::kvUsage)
                .returns(7L, EngineStats::prefixHits);
        assertThat(read("vllm:gpu_cache_usage_perc 0.5\nvllm:kv_cache_usage_perc 0.25\n")
                        .kvUsage())
                .isEqualTo(0.25);
    }

    @Test
    void ofLingeringAdapterSamplesTheLatestCounts() {
        String lora =
                "vllm:lora_requests_info{max_lora=\"4\",running_lora_adapters=\"%s\",waiting_lora_adapters=\"%s\"} %s\n";
        var stats = read(lora.formatted("old", "", "1.7954652557357282e+09")
                + lora.formatted("sql, poems", "le\\\"gal", "1.7954652557357284e+09")
                + lora.formatted("older", "x", "1.7e+09"));

        assertThat(stats.maxAdapters()).isEqualTo(4);
        assertThat(stats.runningAdapters()).containsExactly("sql", "poems");
        assertThat(stats.waitingAdapters()).containsExactly("le\"gal");

        var next = read(lora.formatted("sql, poems", "", "1.8e+09"));
        assertThat(next.runningAdapters()).isSameAs(stats.runningAdapters());
        assertThat(next.waitingAdapters()).isEmpty();
        assertThat(read("vllm:num_requests_running 1\n").runningAdapters()).isEmpty();
    }

    @Test
    void valuesThatCannotBeAreUnknownAndCounted() {
        var stats = read("""
                vllm:num_requests_running NaN
                vllm:num_requests_waiting -1
                vllm:prefix_cache_hits_total +Inf
                vllm:cache_config_info{block_size="None",num_gpu_blocks=""} 1
                vllm:kv_cache_usage_perc 1.25
                """);

        assertThat(stats.running()).isEqualTo(-1);
        assertThat(stats.waiting()).isEqualTo(-1);
        assertThat(stats.prefixHits()).isEqualTo(-1);
        assertThat(stats.blockSize()).isEqualTo(-1);
        assertThat(stats.kvUsage()).isEqualTo(1);
        assertThat(reader.odd()).isEqualTo(3);
    }

    @Test
    void sglangCountsWhatWaitsInAnyOfItsQueuesOncePerModelReplica() {
        var stats = read(EngineKind.SGLANG, """
                sglang:num_running_reqs{tp_rank="0",pp_rank="0",dp_rank="0"} 3
                sglang:num_running_reqs{tp_rank="1",pp_rank="0",dp_rank="0"} 3
                sglang:num_running_reqs{tp_rank="0",pp_rank="0",dp_rank="1"} 2
                sglang:num_queue_reqs{tp_rank="0"} 1
                sglang:num_decode_prealloc_queue_reqs{tp_rank="0"} 10
                sglang:num_decode_transfer_queue_reqs{tp_rank="0"} 100
                sglang:num_prefill_bootstrap_queue_reqs{tp_rank="0"} 1000
                sglang:token_usage 0.5
                sglang:cache_config_info{page_size="64",num_pages="1000"} 1
                sglang:cached_tokens_total{cache_source="device"} 5
                sglang:cached_tokens_total{cache_source="host"} 6
                """);

        assertThat(stats.running()).isEqualTo(5);
        assertThat(stats.waiting()).isEqualTo(1111);
        assertThat(stats.kvUsage()).isEqualTo(0.5);
        assertThat(stats.kvTokens()).isEqualTo(64_000);
        assertThat(stats.prefixHits()).isEqualTo(11);
        assertThat(read("sglang:num_decode_prealloc_queue_reqs 10\n").waiting()).isEqualTo(-1);
    }

    @Test
    void tensorRtAndTriton() {
        assertThat(read(EngineKind.TRTLLM, """
                        trtllm_num_requests_running 3
                        trtllm_num_requests_waiting 4
                        trtllm_kv_cache_utilization 0.5
                        trtllm_kv_cache_tokens_per_block 32
                        trtllm_kv_cache_max_blocks 100
                        """))
                .returns(3, EngineStats::running)
                .returns(4, EngineStats::waiting)
                .returns(0.5, EngineStats::kvUsage)
                .returns(3200L, EngineStats::kvTokens);
        assertThat(read(EngineKind.TRITON_TRTLLM, """
                        nv_trt_llm_request_metrics{model="m",request_type="waiting"} 4
                        nv_trt_llm_request_metrics{model="m",request_type="scheduled"} 3
                        nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type="fraction"} 0.5
                        nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type="tokens_per"} 32
                        nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type="max"} 100
                        """))
                .returns(3, EngineStats::running)
                .returns(4, EngineStats::waiting)
                .returns(0.5, EngineStats::kvUsage)
                .returns(3200L, EngineStats::kvTokens);
        assertThat(read(
                        EngineKind.TRITON,
                        "nv_inference_pending_request_count{model=\"m\"} 4\nnv_inference_exec_count 900\n"))
                .returns(-1, EngineStats::running)
                .returns(4, EngineStats::waiting);
    }
}
