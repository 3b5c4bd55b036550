package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvasir.pool.ApiKey;
import io.kvasir.scrape.EngineAccess;
import io.kvasir.scrape.EngineAccess.Scheme;
import io.kvasir.scrape.MetricSources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EngineFlagsTest {
    private static ServeSettings of(String... args) {
        return ServeFlags.of(args);
    }

    private static EngineAccess access(String... args) {
        return of(args).engines().access();
    }

    @Test
    void withoutFlagsPagesAreWhereEnginesHaveThem() {
        assertThat(access()).isEqualTo(EngineAccess.DEFAULT);
        assertThat(of().warnings()).isEmpty();
    }

    @Test
    void pathPortAndSchemeAreThoseOfTheFlags() {
        assertThat(access(
                        "--model-server-metrics-scheme=https",
                        "--model-server-metrics-path",
                        "/m",
                        "--model-server-metrics-port",
                        "8002"))
                .isEqualTo(new EngineAccess("/m", 8002, Scheme.HTTPS_UNVERIFIED, MetricSources.SHIPPED));
        assertThat(access(
                                "--model-server-metrics-scheme=https",
                                "--model-server-metrics-https-insecure-skip-verify",
                                "false")
                        .scheme())
                .isEqualTo(Scheme.HTTPS);
    }

    @Test
    void theFlagsThatChartsRenderForOtherEnginesAreTranslated() {
        var settings = of(
                "--total-queued-requests-metric=\"nv_trt_llm_request_metrics{request_type=waiting}\"",
                "--total-running-requests-metric=\"nv_trt_llm_request_metrics{request_type=\"scheduled\"}\"",
                "--kv-cache-usage-percentage-metric",
                "sglang:token_usage",
                "--lora-info-metric=\"\"",
                "--cache-info-metric=c");

        assertThat(settings.engines().access().sources())
                .isEqualTo(new MetricSources(
                        "nv_trt_llm_request_metrics{request_type=scheduled}",
                        "nv_trt_llm_request_metrics{request_type=waiting}",
                        "sglang:token_usage",
                        "",
                        "c"));
        assertThat(settings.warnings())
                .hasSize(5)
                .allSatisfy(
                        line -> assertThat(line).matches("--[a-z-]+-metric is deprecated: .*llm-d.ai/engine-type.*"));
    }

    @Test
    void theKeyOfEnginesIsAFlagOrAFileAndNeverShown(@TempDir Path dir) throws IOException {
        var file = Files.writeString(dir.resolve("key"), "from-file\n");

        assertThat(access("--engine-api-key", "k").key()).isEqualTo(new ApiKey("k"));
        var read = access("--engine-api-key-file", file.toString());
        assertThat(read.key()).isEqualTo(new ApiKey("from-file"));
        assertThat(read.toString()).doesNotContain("from-file");
        assertThat(access().key()).isNull();
        assertThatThrownBy(() -> of("--engine-api-key", "se cret"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("engine-api-key: bad value (not shown); allowed: 1 to 4096 printable ASCII characters"
                        + " without spaces");
        assertThatThrownBy(() -> of("--engine-api-key", "secret", "--engine-api-key-file", file.toString()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageNotContaining("secret");
        assertThatThrownBy(() -> of("--engine-api-key-file", dir.resolve("none").toString()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith(
                        "engine-api-key-file: " + dir.resolve("none") + " cannot be read: no such file");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--model-server-metrics-scheme|ftp|model-server-metrics-scheme: ftp; allowed: http or https",
                "--model-server-metrics-path|metrics|model-server-metrics-path: metrics; allowed: a path such as /metrics",
                "--model-server-metrics-port|-1|--model-server-metrics-port: no value; allowed: PORT",
                "--total-queued-requests-metric|a b|total-queued-requests-metric: a b; allowed: FAMILY or FAMILY{LABEL=TEXT}"
            })
    void badValuesAreTold(String flag, String value, String message) {
        assertThatThrownBy(() -> of(flag, value))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(message);
    }
}
