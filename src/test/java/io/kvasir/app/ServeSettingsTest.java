package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvasir.schedule.Policy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServeSettingsTest {
    private static ServeSettings of(String... args) {
        return ServeFlags.of(args);
    }

    @Test
    void theLaunchContractOfScriptsIsReadWithoutAWarning() {
        var settings = of(
                "--mode",
                "ext-proc",
                "--grpc-port",
                "9002",
                "--grpc-health-port",
                "9003",
                "--metrics-port",
                "9090",
                "--secure-serving=false",
                "--refresh-metrics-interval",
                "50ms",
                "--endpoints",
                "pool.yaml");

        assertThat(settings.mode()).isEqualTo(Mode.EXT_PROC);
        assertThat(settings.source()).isEqualTo(new PoolSource.File(Path.of("pool.yaml")));
        assertThat(settings.picker().port()).isEqualTo(9002);
        assertThat(settings.picker().healthPort()).isEqualTo(9003);
        assertThat(settings.picker().tls()).isNull();
        assertThat(settings.doors().metricsPort()).isEqualTo(9090);
        assertThat(settings.engines().refresh()).isEqualTo(Duration.ofMillis(50));
        assertThat(settings.warnings()).isEmpty();
    }

    @Test
    void theArgumentsOfTheConformanceSuiteAreReadWithoutAWarning() {
        var settings = of(
                "--pool-name",
                "primary",
                "--pool-namespace",
                "infra",
                "--zap-encoder",
                "json",
                "--grpc-port",
                "9002",
                "--grpc-health-port",
                "9003");

        assertThat(settings.mode()).isEqualTo(Mode.EXT_PROC);
        assertThat(settings.log().json()).isTrue();
        assertThat(settings.warnings()).isEmpty();
        assertThat(settings.unknownFlags()).isZero();
    }

    @Test
    void theManagementPortHasTwoNames() {
        assertThat(of("--management-port", "7777").doors().metricsPort()).isEqualTo(7777);
    }

    @Test
    void aFlagOutranksTheVariableWhichOutranksTheFile(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("kvasir.properties");
        Files.writeString(file, "http-port=1001\npolicy=round-robin\ndrain-timeout=1m\n");
        var settings = ServeFlags.of(
                Map.of("KVASIR_HTTP_PORT", "1002", "KVASIR_POLICY", "least-load"),
                "--settings",
                file.toString(),
                "--http-port",
                "1003");

        assertThat(settings.doors().httpPort()).isEqualTo(1003);
        assertThat(settings.routing().policy()).isEqualTo(Policy.LEAST_LOAD);
        assertThat(settings.doors().drainTimeout()).isEqualTo(Duration.ofMinutes(1));
    }

    @Test
    void anUnknownKeyOfTheFileStopsTheStart(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("kvasir.properties");
        Files.writeString(file, "htpp-port=1001\n");

        assertThatThrownBy(() -> of("--settings", file.toString()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("htpp-port")
                .hasMessageContaining("http-port");
    }

    @Test
    void anUnknownFlagWarnsNamesTheNearestAndIsCounted() {
        var settings = of("--http-prot", "80", "--frobnicate");

        assertThat(settings.unknownFlags()).isEqualTo(2);
        assertThat(settings.warnings().getFirst()).isEqualTo("unknown flag --http-prot; did you mean --http-port?");
    }

    @Test
    void strictFlagsMakeAnUnknownFlagFatal() {
        assertThatThrownBy(() -> of("--strict-flags", "--frobnicate"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("--frobnicate");
    }

    @Test
    void anIntervalBeyondTheBoundsIsTakenForTheNearerOne() {
        for (var told : List.of(List.of("1ms", "5ms"), List.of("0s", "5ms"), List.of("5m0s", "1m"))) {
            assertThat(of("--refresh-metrics-interval", told.getFirst()).warnings())
                    .containsExactly(
                            "--refresh-metrics-interval: " + told.getFirst() + " is taken for " + told.getLast());
        }
        assertThat(of("--refresh-metrics-interval", "50ms").warnings()).isEmpty();
    }

    @Test
    void strictFlagsNameTheUnknownFlagAndNotOneWithoutEffect() {
        assertThatThrownBy(() -> of("--strict-flags", "--zap-devel", "--frobnicate"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("--frobnicate");
    }

    @ParameterizedTest
    @CsvSource({
        "--http-port, 70000, 'http-port: 70000; allowed: 0 to 65535'",
        "--mode, envoy, 'mode: envoy; allowed: ext-proc, proxy or both'",
        "--policy, best, 'policy: best; allowed: time, least-load, prefix-load, prefix-affinity, round-robin, config'",
        "--time-scale, 11, 'time-scale: 11; allowed: 0.1 to 10'",
        "--drain-timeout, soon, 'drain-timeout: soon; allowed: a duration such as 50ms, 1s or 2m'",
        "--drain-timeout, 25h, 'drain-timeout: 25h; allowed: 0s to 24h'",
        "--refresh-metrics-interval, often, 'refresh-metrics-interval: often; allowed: a duration such as 50ms, 1s or 2m'",
        "--metrics-staleness-threshold, 2h, 'metrics-staleness-threshold: 2h; allowed: 5ms to 1h'",
        "--name-endpoints, maybe, 'name-endpoints: maybe; allowed: true or false'",
        "--name-endpoints=maybe, , 'name-endpoints: maybe; allowed: true or false'",
        "--log-format, xml, 'log-format: xml; allowed: text or json'"
    })
    void aBadValueIsToldInOneLineWithWhatIsAllowed(String flag, @Nullable String value, String message) {
        assertThatThrownBy(
                        () -> of(Stream.of(flag, value).filter(Objects::nonNull).toArray(String[]::new)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(message);
    }

    @Test
    void inAClusterTheEndpointsMustBeNamed() {
        assertThatThrownBy(() -> ServeSettings.of(List.of(), Map.of("KUBERNETES_SERVICE_HOST", "10.0.0.1")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("--endpoints");
    }

    @Test
    void outsideAClusterNothingNeedsToBeGiven() {
        var settings = ServeSettings.of(List.of(), Map.of());

        assertThat(settings.source()).isEqualTo(new PoolSource.Demo(true));
        assertThat(settings.engines().refresh()).isNull();
        assertThat(settings.routing().policy()).isEqualTo(Policy.TIME);
    }
}
