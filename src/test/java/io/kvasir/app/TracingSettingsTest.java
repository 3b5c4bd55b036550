package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Variables of OpenTelemetry's specification say where spans go, and nothing is made without the flag. */
class TracingSettingsTest {
    /** @param variables names and values in turn */
    private static ServeSettings of(String flag, String... variables) {
        Map<String, String> environment = new HashMap<>();
        for (int i = 0; i < variables.length; i += 2) {
            environment.put(variables[i], variables[i + 1]);
        }
        return ServeFlags.of(environment, flag);
    }

    @Test
    void isOffByDefaultWhateverVariablesSay() {
        var tracing = of("--v=2", "OTEL_SDK_DISABLED", "false", "OTEL_TRACES_EXPORTER", "otlp")
                .tracing();

        assertThat(tracing.on()).isFalse();
        assertThat(tracing.properties()).isEmpty();
    }

    @Test
    void sendsATenthOfWhatBeginsHereToALocalCollectorByDefault() {
        var settings = of("--tracing");

        assertThat(settings.warnings()).isEmpty();
        assertThat(settings.tracing().to())
                .isEqualTo(new SpanDestination(
                        URI.create("http://localhost:4317"),
                        false,
                        Map.of(),
                        Duration.ofSeconds(10),
                        Duration.ofSeconds(30),
                        false,
                        null));
        assertThat(settings.tracing().properties())
                .containsEntry("otel.bsp.max.queue.size", "2048")
                .containsEntry("otel.traces.sampler", "parentbased_traceidratio")
                .containsEntry("otel.traces.sampler.arg", "0.1")
                .doesNotContainKey("otel.service.name");
    }

    @Test
    void goesByTheVariablesForTracesBeforeThoseForEverything() {
        var tracing = of(
                        "--tracing=true",
                        "OTEL_EXPORTER_OTLP_ENDPOINT",
                        "http://all:1",
                        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
                        "https://traces:2/v1/traces",
                        "OTEL_EXPORTER_OTLP_PROTOCOL",
                        "http/protobuf",
                        "OTEL_EXPORTER_OTLP_HEADERS",
                        "a=b,c=d%20e+f",
                        "OTEL_EXPORTER_OTLP_COMPRESSION",
                        "gzip",
                        "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
                        "250",
                        "OTEL_TRACES_SAMPLER",
                        "always_on",
                        "OTEL_SERVICE_NAME",
                        "picker",
                        "OTEL_RESOURCE_ATTRIBUTES",
                        "a=b,k8s.node.name=n")
                .tracing();

        assertThat(tracing.to())
                .isEqualTo(new SpanDestination(
                        URI.create("https://traces:2/"),
                        true,
                        Map.of("a", "b", "c", "d e+f"),
                        Duration.ofMillis(250),
                        Duration.ofSeconds(30),
                        true,
                        null));
        assertThat(tracing.properties())
                .containsEntry("otel.traces.sampler", "always_on")
                .containsEntry("otel.service.name", "picker")
                .containsEntry("otel.resource.attributes", "a=b,k8s.node.name=n");
    }

    @Test
    void anAddressWithoutASchemeIsPlaintext() {
        assertThat(of("--tracing", "OTEL_EXPORTER_OTLP_ENDPOINT", "otel-collector:4317")
                        .tracing()
                        .to())
                .extracting(SpanDestination::address)
                .isEqualTo(URI.create("http://otel-collector:4317"));
    }

    @ParameterizedTest
    @CsvSource({"OTEL_SDK_DISABLED, true", "OTEL_TRACES_EXPORTER, none"})
    void variablesCanSwitchItOff(String variable, String value) {
        assertThat(of("--tracing", variable, value).tracing().on()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"OTEL_TRACES_EXPORTER, console, otlp", "OTEL_TRACES_SAMPLER, xray, parentbased_traceidratio"})
    void whatIsNotHereIsNamedOnce(String variable, String value, String instead) {
        var settings = of("--tracing", variable, value);

        assertThat(settings.tracing().on()).isTrue();
        assertThat(settings.warnings()).singleElement().asString().contains(variable, value, instead);
    }

    @ParameterizedTest
    @CsvSource({
        "'=x,a=b', NAME=VALUE pairs",
        "'x,a=b,y,z', NAME=VALUE pairs",
        "' =x,a=b', NAME=VALUE pairs",
        "'x=50%,a=b', values encoded as in URLs"
    })
    void attributesOfAPlatformThatCannotBeReadCostThemselvesAndALine(String attributes, String allowed) {
        var settings = of("--tracing", "OTEL_RESOURCE_ATTRIBUTES", attributes);

        assertThat(settings.warnings())
                .singleElement()
                .asString()
                .contains("OTEL_RESOURCE_ATTRIBUTES", attributes.strip(), allowed);
        assertThat(TracingSettings.resource(attributes, _ -> {})).containsExactly(Map.entry("a", "b"));
    }

    @Test
    void pairsThatSayNothingAreLeftOutWithoutAWord() {
        var settings =
                of("--tracing", "OTEL_RESOURCE_ATTRIBUTES", "a=b,,node=, ", "OTEL_EXPORTER_OTLP_HEADERS", "c=d,");

        assertThat(settings.warnings()).isEmpty();
        assertThat(TracingSettings.resource("a=b,,node=, ", _ -> {})).containsExactly(Map.entry("a", "b"));
        assertThat(settings.tracing().to()).extracting(SpanDestination::headers).isEqualTo(Map.of("c", "d"));
    }

    @ParameterizedTest
    @CsvSource({
        "OTEL_EXPORTER_OTLP_ENDPOINT, ftp://x, http://otel-collector:4317",
        "OTEL_EXPORTER_OTLP_ENDPOINT, http://, http://otel-collector:4317",
        "OTEL_EXPORTER_OTLP_PROTOCOL, http/json, 'grpc, http/protobuf'",
        "OTEL_EXPORTER_OTLP_TIMEOUT, soon, milliseconds",
        "OTEL_EXPORTER_OTLP_CERTIFICATE, /nowhere/ca.pem, a PEM file",
        "OTEL_BSP_MAX_QUEUE_SIZE, 0, a number of spans",
        "OTEL_ATTRIBUTE_COUNT_LIMIT, few, a whole number",
        "OTEL_TRACES_SAMPLER_ARG, 2, 0 to 1"
    })
    void whatMeansNothingStopsTheStartInOneLine(String variable, String value, String allowed) {
        assertThatThrownBy(() -> of("--tracing", variable, value))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(variable)
                .hasMessageContaining(value)
                .hasMessageContaining(allowed);
        assertThat(of("--v=2", variable, value).tracing().on()).isFalse();
    }
}
