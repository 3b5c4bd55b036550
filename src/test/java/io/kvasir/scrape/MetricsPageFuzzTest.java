package io.kvasir.scrape;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.kvasir.pool.EngineKind;
import io.kvasir.pool.EngineStats;
import io.kvasir.testing.Cuts;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Any bytes as a metrics page. */
class MetricsPageFuzzTest {
    private static final List<String> WANTED = List.of(
            "vllm:num_requests_running",
            "vllm:num_requests_waiting",
            "vllm:cache_config_info",
            "vllm:lora_requests_info");
    /** Beyond this the regular expressions of the slow reader run out of stack. */
    private static final int MOST = 4096;

    static Stream<byte[]> pages() {
        return Stream.of(
                MetricsPageScannerTest.few(), """
                vllm:lora_requests_info{max_lora="4",running_lora_adapters="a,b",waiting_lora_adapters=""} 1.7e9
                vllm:cache_config_info{block_size="16",num_gpu_blocks="512"} 1.0
                vllm:num_requests_running 1 # {a="b"} 1 2
                sglang:num_running_reqs{} -0x1
                # EOF""".getBytes(UTF_8), Arrays.copyOf(RecordedPages.decode(), 3000));
    }

    @MethodSource("pages")
    @FuzzTest
    void aPageReadsAsItDoesByRegularExpressions(byte[] page) {
        if (page.length > MOST) {
            return;
        }
        MetricsPageScannerTest.assertAlike(new FamilySet(WANTED), page, Set.copyOf(WANTED), inner(Cuts.of(page, 0)));
        MetricsPageScannerTest.assertAlike(new FamilySet(WANTED), page, Set.copyOf(WANTED), inner(Cuts.of(page, 1)));
    }

    @MethodSource("pages")
    @FuzzTest
    void whatAPageSaysIsInBoundsHoweverItIsCut(byte[] page) {
        for (EngineKind kind : EngineKind.values()) {
            var whole = stats(kind, page, Cuts.whole(page));
            assertThat(stats(kind, page, Cuts.of(page, 0))).isEqualTo(whole);
            assertThat(stats(kind, page, Cuts.of(page, 1))).isEqualTo(whole);
            assertThat(whole.running()).isGreaterThanOrEqualTo(-1);
            assertThat(whole.waiting()).isGreaterThanOrEqualTo(-1);
            assertThat(whole.kvUsage() < 0 || whole.kvUsage() > 1).isFalse();
        }
    }

    private static EngineStats stats(EngineKind kind, byte[] page, int[] ends) {
        var metrics = EngineMetrics.of(kind);
        var reader = new StatsReader(metrics);
        var scanner = new MetricsPageScanner(metrics.families(), reader);
        reader.begin();
        scanner.begin();
        int from = 0;
        for (int end : ends) {
            scanner.feed(page, from, end - from);
            from = end;
        }
        scanner.end();
        return reader.stats(1);
    }

    /** All ends but the last. */
    private static int[] inner(int[] ends) {
        return Arrays.copyOf(ends, ends.length - 1);
    }
}
