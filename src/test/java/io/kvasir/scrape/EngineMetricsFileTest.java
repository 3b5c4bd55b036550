package io.kvasir.scrape;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvasir.pool.EngineKind;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class EngineMetricsFileTest {
    @ParameterizedTest
    @EnumSource
    void everyEngineIsMapped(EngineKind engine) {
        var metrics = EngineMetrics.of(engine);

        assertThat(metrics.path()).startsWith("/");
        assertThat(metrics.healthPath()).startsWith("/");
        assertThat(metrics.modelsPath()).startsWith("/");
        assertThat(metrics.slotsOf(Quantity.WAITING)).hasSize(1);
    }

    @Test
    void pathsDifferByEngine() {
        assertThat(EngineMetrics.of(EngineKind.VLLM).path()).isEqualTo("/metrics");
        assertThat(EngineMetrics.of(EngineKind.TRTLLM).path()).isEqualTo("/prometheus/metrics");
        assertThat(EngineMetrics.of(EngineKind.TRITON).healthPath()).isEqualTo("/v2/health/ready");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "vllm running",
                "llamafile running a",
                "vllm walking a",
                "vllm running a{b}",
                "vllm running a b",
                "vllm running a +",
                "vllm running-adapters a",
                "vllm path metrics"
            })
    void aLineThatIsNotRightIsNamed(String line) {
        assertThatThrownBy(() -> EngineMetricsFile.parse(Stream.of("# comment", "vllm running x", line)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("engine-metrics.txt:3: \"" + line + "\"; allowed: engine, quantity, source");
    }

    @Test
    void familiesAreToldApartFromThoseThatBeginAlike() {
        var one = new FamilySet(List.of("abc"));
        var two = new FamilySet(List.of("abc", "abc_total"));

        assertThat(match(one, "abc 1\n")).isZero();
        assertThat(match(one, "abcd 1\n")).isEqualTo(FamilySet.NO);
        assertThat(match(one, "ab 1\n")).isEqualTo(FamilySet.NO);
        assertThat(match(one, "ab")).isEqualTo(FamilySet.CUT);
        assertThat(match(one, "abc")).isEqualTo(FamilySet.CUT);
        assertThat(match(one, "abcd")).isEqualTo(FamilySet.NO);
        assertThat(match(two, "abc{} 1\n")).isZero();
        assertThat(match(two, "abc_total{} 1\n")).isEqualTo(1);
        assertThat(match(two, "abc_totally{} 1\n")).isEqualTo(FamilySet.NO);
        assertThat(match(new FamilySet(List.of()), "abc 1\n")).isEqualTo(FamilySet.NO);
    }

    private static int match(FamilySet set, String line) {
        return set.match(line.getBytes(StandardCharsets.US_ASCII), 0, line.length());
    }
}
