package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Nothing is started where somebody meant to say where endpoints come from and did not. */
class SourceTyposTest {
    private static final String NOT_SET = "endpoints: not set; say where endpoints come from with --endpoints FILE,"
            + " --pool-name NAME or --endpoint-selector LABEL=VALUE; for simulated ones: kvasir demo";

    @ParameterizedTest
    @CsvSource({
        "endpoint, endpoints",
        "endpoins, endpoints",
        "enpoints, endpoints",
        "Endpoints, endpoints",
        "end-points, endpoints",
        "endpoint-file, endpoints",
        "endpoints-file, endpoints",
        "pool-nme, pool-name",
        "poolname, pool-name",
        "pool_name, pool-name",
        "pool, pool-name",
        "inference-pool, pool-name",
        "endpoint-selectors, endpoint-selector",
        "endpoint_selector, endpoint-selector",
        "selector, endpoint-selector",
        "endpoint-target-port, endpoint-target-ports",
        "pool-namspace, pool-namespace",
        "pool-groups, pool-group"
    })
    void aFlagThatIsAlmostOneStopsTheStartInEveryStyleWhateverElseIsGiven(String written, String meant) {
        String line = "unknown flag --" + written + "; did you mean --" + meant
                + "? Nothing is started before it is sure where endpoints come from";
        for (var style : List.of(
                List.of("--" + written, "value"),
                List.of("--" + written + "=value"),
                List.of("-" + written + "=value"),
                List.of("-" + written, "value"),
                List.of("--" + written))) {
            for (var first : List.of(List.<String>of(), List.of("serve"), List.of("demo"))) {
                for (var more : List.of(List.<String>of(), List.of("--endpoints", "pool.yaml"))) {
                    var args = new ArrayList<>(first);
                    args.addAll(style);
                    args.addAll(more);
                    assertThatThrownBy(() -> ServeSettings.of(args, Map.of()))
                            .isInstanceOf(ConfigurationException.class)
                            .hasMessage(line);
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "KVASIR_ENDPOINT, KVASIR_ENDPOINTS",
        "KVASIR_ENDPOINTS_FILE, KVASIR_ENDPOINTS",
        "KVASIR_POOLNAME, KVASIR_POOL_NAME",
        "KVASIR_POOL, KVASIR_POOL_NAME",
        "KVASIR_ENDPOINT_SELECTORS, KVASIR_ENDPOINT_SELECTOR"
    })
    void soDoesAVariable(String written, String meant) {
        for (var args : List.of(List.<String>of(), List.of("demo"), List.of("--endpoints", "pool.yaml"))) {
            assertThatThrownBy(() -> ServeSettings.of(args, Map.of(written, "pool.yaml")))
                    .hasMessageStartingWith("unknown variable " + written + "; did you mean " + meant + "?");
        }
    }

    @Test
    void theDemoIsStartedWithoutArgumentsOrByItsName() {
        assertThat(ServeSettings.of(List.of(), Map.of()).source()).isEqualTo(new PoolSource.Demo(true));
        assertThat(ServeSettings.of(List.of("demo"), Map.of()).source()).isEqualTo(new PoolSource.Demo(true));
        assertThat(ServeSettings.of(List.of("demo", "--http-port", "1"), Map.of("KUBERNETES_SERVICE_HOST", "10.0.0.1"))
                        .source())
                .isEqualTo(new PoolSource.Demo(true));
        assertThat(ServeSettings.of(List.of(), Map.of("KVASIR_ENDPOINTS", "pool.yaml"))
                        .source())
                .isInstanceOf(PoolSource.File.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"serve", "--http-port=1", "serve --policy time", "--tracing", "--endpoints=", "--secure-serving"
            })
    void anythingElseNamesTheFlagsThatSayWhereEndpointsComeFrom(String args) {
        assertThatThrownBy(() -> ServeSettings.of(List.of(args.split(" ")), Map.of()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(NOT_SET);
    }

    @ParameterizedTest
    @ValueSource(strings = {"--upstream http://10.0.0.1:8000", "--backends=a,b", "serve -e pool.yaml", "--some-flag"})
    void anUnknownFlagIsNamedToo(String args) {
        assertThatThrownBy(() -> ServeSettings.of(List.of(args.split(" ")), Map.of()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith(NOT_SET + " (unknown flag -");
    }

    @Test
    void theDemoHasEndpointsOfItsOwn() {
        assertThatThrownBy(() -> ServeSettings.of(List.of("demo", "--endpoints", "pool.yaml"), Map.of()))
                .hasMessage("demo: has endpoints of its own; name others with serve");
    }

    @Test
    void aFileWithoutItsFlagIsToldHowToBeNamed() {
        assertThatThrownBy(() -> ServeSettings.of(List.of("serve", "pool.yaml"), Map.of()))
                .hasMessage(
                        "unexpected argument pool.yaml; flags start with --; an endpoint file is named by --endpoints"
                                + " pool.yaml");
    }

    @Test
    void unknownFlagsThatAreNearNoSourceAreStillTolerated() {
        var settings = ServeSettings.of(
                List.of(
                        "--pool-name",
                        "llama",
                        "--pool-refresh-interval",
                        "5s",
                        "--endpoint-picker-config=x",
                        "--new-flag"),
                Map.of());
        assertThat(settings.unknownFlags()).isEqualTo(3);
        assertThat(settings.source()).isInstanceOf(PoolSource.Named.class);
    }

    @Test
    void variablesThatACaseOfServicesMakesAreNotOurs() {
        var settings = ServeSettings.of(
                List.of("--pool-name", "llama"),
                Map.of(
                        "KVASIR_SERVICE_HOST", "10.0.0.1",
                        "KVASIR_PORT", "tcp://10.0.0.1:9002",
                        "KVASIR_ENDPOINTS_SERVICE_HOST", "10.0.0.1",
                        "KVASIR_ENDPOINTS_SERVICE_PORT_HTTP", "80",
                        "KVASIR_POOL_PORT_80_TCP_ADDR", "10.0.0.1",
                        "KVASIR_HTTP_PORT", "tcp://10.0.0.1:8080",
                        "KVASIR_METRICS_PORT", "tcp://10.0.0.1:9090",
                        "KVASIR_JAVA_OPTS", "-Xmx1g"));
        assertThat(settings.warnings()).isEmpty();
        assertThat(settings.doors().httpPort()).isEqualTo(8080);
        assertThat(settings.doors().metricsPort()).isEqualTo(9090);
    }

    @Test
    void aVariableThatSetsNothingIsWarnedOfAndAnotherNameOfAFlagSetsIt() {
        var settings = ServeSettings.of(
                List.of("--endpoints", "pool.yaml"),
                Map.of("KVASIR_FROBNICATE", "1", "KVASIR_MANAGEMENT_PORT", "7777"));
        assertThat(settings.warnings()).containsExactly("unknown variable KVASIR_FROBNICATE; it sets nothing");
        assertThat(settings.unknownFlags()).isEqualTo(1);
        assertThat(settings.doors().metricsPort()).isEqualTo(7777);
    }
}
