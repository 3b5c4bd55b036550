package io.kvasir.scrape;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvasir.pool.EngineKind;
import io.kvasir.pool.EngineStats;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class MetricSourcesTest {
    private static final String SGLANG = """
        sglang:num_running_reqs{engine="a"} 3
        sglang:num_queue_reqs{engine="a"} 4
        sglang:token_usage{engine="a"} 0.25
        sglang:cache_config_info{page_size="64",num_pages="100"} 1
        """;

    private static final String ADAPTERS =
            "vllm:lora_requests_info{max_lora=\"4\",running_lora_adapters=\"sql\",waiting_lora_adapters=\"\"} 1\n";

    private static EngineStats read(EngineKind engine, MetricSources sources, String page) {
        var metrics = EngineMetrics.of(
                engine, EngineMetrics.all(new EngineAccess(null, 0, EngineAccess.Scheme.HTTP, sources)));
        var reader = new StatsReader(metrics);
        var scanner = new MetricsPageScanner(metrics.families(), reader);
        reader.begin();
        scanner.begin();
        byte[] bytes = page.getBytes(UTF_8);
        scanner.feed(bytes, 0, bytes.length);
        scanner.end();
        return reader.stats(1);
    }

    @ParameterizedTest
    @EnumSource(EngineKind.class)
    void familiesNamedAreReadWhateverTheEngineIsCalled(EngineKind engine) {
        var sources = new MetricSources(
                "sglang:num_running_reqs",
                "sglang:num_queue_reqs",
                "sglang:token_usage",
                "",
                "sglang:cache_config_info");
        var stats = read(engine, sources, SGLANG);

        assertThat(stats.running()).isEqualTo(3);
        assertThat(stats.waiting()).isEqualTo(4);
        assertThat(stats.kvUsage()).isEqualTo(0.25);
        assertThat(stats.blockSize()).isEqualTo(64);
        assertThat(stats.kvBlocks()).isEqualTo(100);
    }

    @Test
    void aFamilyOutranksTheOneThatShipsWhichCountsWhereItIsMissing() {
        var sources = new MetricSources("mine:running{state=busy}", null, null, null, null);

        assertThat(read(EngineKind.VLLM, sources, "vllm:num_requests_running 1\nmine:running{state=\"busy\"} 2\n")
                        .running())
                .isEqualTo(2);
        assertThat(read(EngineKind.VLLM, sources, "vllm:num_requests_running 1\nmine:running{state=\"idle\"} 2\n")
                        .running())
                .isEqualTo(1);
    }

    @Test
    void anEmptyNameReadsNothing() {
        assertThat(read(EngineKind.VLLM, MetricSources.SHIPPED, ADAPTERS).runningAdapters())
                .containsExactly("sql");
        var off = read(EngineKind.VLLM, new MetricSources(null, null, null, "", null), ADAPTERS);
        assertThat(off.runningAdapters()).isEmpty();
        assertThat(off.maxAdapters()).isEqualTo(-1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a b", "{x=y}", "a{x}", "a[b]", "a + b", "a{x=y", "1a"})
    void whatNamesNoFamilyIsRefused(String text) {
        assertThat(MetricSources.names(text)).isFalse();
        assertThatThrownBy(() -> EngineMetrics.all(new EngineAccess(
                        null, 0, EngineAccess.Scheme.HTTP, new MetricSources(text, null, null, null, null))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("running: " + text + "; allowed: FAMILY or FAMILY{LABEL=TEXT}");
    }
}
