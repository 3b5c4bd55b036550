package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.observe.CountedExports;
import io.kvasir.testing.SpanCollector;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What variables say of spans is what the SDK does. */
class SpanPipelineTest {
    /** @param variables names and values in turn */
    private static Map<String, String> properties(String... variables) {
        Map<String, String> environment = new HashMap<>();
        for (int i = 0; i < variables.length; i += 2) {
            environment.put(variables[i], variables[i + 1]);
        }
        return ServeFlags.of(environment, "--tracing").tracing().properties();
    }

    @Test
    void handsOutWhatWaitsWhenItCloses() {
        var kept = new CopyOnWriteArrayList<SpanData>();
        var exports = new CountedExports();
        exports.sendBy(SpanCollector.into(kept), Duration.ofSeconds(1));
        try (var spans = new SpanPipeline(properties("OTEL_TRACES_SAMPLER", "always_on"), exports)) {
            spans.tracer()
                    .spanBuilder("request")
                    .setParent(Context.root())
                    .startSpan()
                    .end();
        }
        assertThat(kept).extracting(SpanData::getName).containsExactly("request");
    }

    @ParameterizedTest
    @CsvSource({
        "always_on, '', AlwaysOnSampler",
        "always_off, '', AlwaysOffSampler",
        "traceidratio, 0.25, TraceIdRatioBased{0.250000}",
        "parentbased_always_on, '', 'ParentBased{root:AlwaysOnSampler,'",
        "parentbased_always_off, '', 'ParentBased{root:AlwaysOffSampler,'",
        "parentbased_traceidratio, 0.25, 'ParentBased{root:TraceIdRatioBased{0.250000},'",
        "'', '', 'ParentBased{root:TraceIdRatioBased{0.100000},'"
    })
    void samplesAsItIsTold(String sampler, String share, String described) {
        var told = properties("OTEL_TRACES_SAMPLER", sampler, "OTEL_TRACES_SAMPLER_ARG", share);

        assertThat(SpanPipeline.sampler(told).getDescription()).startsWith(described);
    }

    @Test
    void spansAreAsLongAsTheyAreToldToBe() {
        var kept = new CopyOnWriteArrayList<SpanData>();
        var told = properties(
                "OTEL_TRACES_SAMPLER",
                "always_on",
                "OTEL_ATTRIBUTE_COUNT_LIMIT",
                "9",
                "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
                "1",
                "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
                "2",
                "OTEL_SPAN_EVENT_COUNT_LIMIT",
                "0");
        try (var spans = new SpanPipeline(told, SpanCollector.into(kept))) {
            var span = spans.tracer()
                    .spanBuilder("request")
                    .setParent(Context.root())
                    .startSpan();
            span.setAttribute("a", "bcd").setAttribute("e", "f");
            span.addEvent("placed");
            span.end();
        }
        assertThat(kept).singleElement().satisfies(span -> {
            assertThat(span.getAttributes().asMap()).isEqualTo(Map.of(AttributeKey.stringKey("a"), "bc"));
            assertThat(span.getEvents()).isEmpty();
        });
    }

    private static @Nullable String attribute(String name, String... variables) {
        return SpanPipeline.resource(properties(variables)).getAttribute(AttributeKey.stringKey(name));
    }

    @Test
    void saysWhatTheSpansAreOf() {
        assertThat(attribute("service.name")).isEqualTo("kvasir");
        assertThat(attribute("service.version")).isEqualTo(Help.version());
        assertThat(attribute("telemetry.sdk.language")).isEqualTo("java");
        assertThat(attribute("service.name", "OTEL_RESOURCE_ATTRIBUTES", "service.name=a"))
                .isEqualTo("a");
        assertThat(attribute("service.name", "OTEL_RESOURCE_ATTRIBUTES", "service.name=a", "OTEL_SERVICE_NAME", "b"))
                .isEqualTo("b");
        assertThat(attribute("service.name", "OTEL_RESOURCE_ATTRIBUTES", "service.name=,a"))
                .isEqualTo("kvasir");
        assertThat(attribute("k8s.node.name", "OTEL_RESOURCE_ATTRIBUTES", "a=b, k8s.node.name = n%20o"))
                .isEqualTo("n o");
    }
}
