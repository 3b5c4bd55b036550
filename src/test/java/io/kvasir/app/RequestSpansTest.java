package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.app.TwoDoors.Call;
import io.kvasir.observe.CountedExports;
import io.kvasir.observe.SpanTraces;
import io.kvasir.pool.Role;
import io.kvasir.schedule.Policy;
import io.kvasir.testing.Await;
import io.kvasir.testing.CollectedMetrics;
import io.kvasir.testing.SpanCollector;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A request is one span of the trace that its client or gateway began, by either door, and engines continue it. */
class RequestSpansTest {
    private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
    private static final String PARENT = "b7ad6b7169203331";
    private static final String TRACEPARENT = "00-" + TRACE + "-" + PARENT + "-01";
    private static final Call CHAT = Call.post(
                    "/v1/chat/completions",
                    "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a secret to be kept\"}]}")
            .with("content-type", "application/json")
            .with("x-llm-d-inference-fairness-id", "tenant-a")
            .with("x-request-id", "r-1");

    private final List<SpanData> spans = new CopyOnWriteArrayList<>();
    private final CountedExports exports = new CountedExports();
    private volatile boolean collectorFails;
    private TwoDoors doors;
    private SpanTraces traces;

    @BeforeEach
    void open() throws IOException {
        doors = new TwoDoors(Policy.TIME::profile, 64 << 20);
        doors.pool.apply(List.of(doors.endpoint("one", Role.BOTH, "m", 0)));
        trace(Sampler.parentBased(Sampler.alwaysOn()));
    }

    private void trace(Sampler sampler) {
        exports.sendBy(new SpanCollector(this::collect), Duration.ofSeconds(30));
        var provider = SdkTracerProvider.builder()
                .setSampler(sampler)
                .addSpanProcessor(SimpleSpanProcessor.create(exports))
                .build();
        traces = new SpanTraces(provider.get("test"), () -> "time");
        doors.router.traces(traces);
    }

    private CompletableResultCode collect(Collection<SpanData> some) {
        if (collectorFails) {
            throw new IllegalStateException("no collector");
        }
        spans.addAll(some);
        return CompletableResultCode.ofSuccess();
    }

    @AfterEach
    void close() {
        doors.close();
    }

    @Test
    void ofTheProxyIsTheClientsChildAndTheEnginesParent() throws IOException {
        var passed = doors.passed(CHAT.with("traceparent", TRACEPARENT).with("tracestate", "vendor=1"));

        var span = only();
        assertThat(span.getTraceId()).isEqualTo(TRACE);
        assertThat(span.getParentSpanId()).isEqualTo(PARENT);
        assertThat(passed.get("traceparent")).containsExactly("00-" + TRACE + "-" + span.getSpanId() + "-01");
        assertThat(passed.get("tracestate")).containsExactly("vendor=1");
        assertFacts(span, "proxy");
        assertThat(text(span, "kvasir.outcome")).isEqualTo("completed");
        assertThat(number(span, "http.response.status_code")).isEqualTo(200);
        assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
    }

    @Test
    void ofThePickerIsTheGatewaysChildAndTheEnginesParent() {
        var first = doors.picked(CHAT.with("traceparent", TRACEPARENT), TwoDoors.DUPLEX);

        var set = first.getRequestHeaders().getResponse().getHeaderMutation().getSetHeadersList().stream()
                .filter(option -> option.getHeader().getKey().equals("traceparent"))
                .map(option -> option.getHeader().getRawValue().toStringUtf8())
                .toList();
        var span = only();
        assertThat(span.getTraceId()).isEqualTo(TRACE);
        assertThat(span.getParentSpanId()).isEqualTo(PARENT);
        assertThat(set).containsExactly("00-" + TRACE + "-" + span.getSpanId() + "-01");
        assertFacts(span, "ext-proc");
        assertThat(text(span, "kvasir.outcome")).isEqualTo("unseen");
        assertThat(text(span, "error.type")).isNull();
    }

    private static void assertFacts(SpanData span, String door) {
        assertThat(span.getName()).isEqualTo("chat m");
        assertThat(span.getKind()).isEqualTo(SpanKind.SERVER);
        assertThat(text(span, "gen_ai.operation.name")).isEqualTo("chat");
        assertThat(text(span, "gen_ai.request.model")).isEqualTo("m");
        assertThat(text(span, "gen_ai.provider.name")).isEqualTo("vllm");
        assertThat(text(span, "server.address")).isEqualTo("127.0.0.1");
        assertThat(text(span, "kvasir.door")).isEqualTo(door);
        assertThat(text(span, "kvasir.endpoint")).isEqualTo("one");
        assertThat(text(span, "kvasir.policy")).isEqualTo("time");
        assertThat(text(span, "kvasir.decision.reason")).isEqualTo("only-candidate");
        // of a peer that is not trusted it is not believed
        assertThat(text(span, "kvasir.tenant")).isEqualTo(door.equals("proxy") ? null : "tenant-a");
        assertThat(text(span, "kvasir.request_id")).isEqualTo("r-1");
        assertThat(number(span, "kvasir.decision.cached_tokens")).isZero();
        assertThat(number(span, "kvasir.prompt_tokens")).isPositive();
        assertThat(span.getAttributes().get(AttributeKey.doubleKey("kvasir.predicted.seconds")))
                .isPositive();
        assertThat(span.getAttributes().get(AttributeKey.doubleKey("kvasir.predicted.first_token_seconds")))
                .isPositive();
        assertThat(span.getEvents()).extracting("name").containsExactly("placed");
        assertThat(span.toString()).doesNotContain("secret");
    }

    @Test
    void ofARefusalTellsItsReason() throws IOException {
        doors.pool.apply(List.of());

        doors.proxied(CHAT);
        doors.picked(CHAT, TwoDoors.DUPLEX);

        Await.until("both are over", () -> spans.size() == 2);
        assertThat(spans).allSatisfy(span -> {
            assertThat(text(span, "error.type")).isEqualTo("pool-empty");
            assertThat(number(span, "http.response.status_code")).isEqualTo(503);
            assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
        });
    }

    @Test
    void ofABodyThatIsNoJsonEndsWithItsStatus() throws IOException {
        doors.proxied(Call.post("/v1/chat/completions", "{]").with("content-type", "application/json"));

        var span = only();
        assertThat(number(span, "http.response.status_code")).isEqualTo(400);
        assertThat(text(span, "error.type")).isEqualTo("400");
        assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
    }

    @Test
    void thatIsNotSampledIsPassedOnAsSuch() throws IOException {
        trace(Sampler.parentBased(Sampler.alwaysOff()));

        var begunHere = doors.passed(CHAT);
        var unsampled = doors.passed(CHAT.with("traceparent", "00-" + TRACE + "-" + PARENT + "-00"));

        assertThat(begunHere.get("traceparent")).singleElement().asString().endsWith("-00");
        assertThat(unsampled.get("traceparent")).singleElement().asString().matches("00-" + TRACE + "-.{16}-00");
        assertThat(spans).isEmpty();
        assertThat(CollectedMetrics.of(traces::describe).value("kvasir_traced_requests_total{sampled=false}"))
                .isEqualTo(2);
    }

    @Test
    void withoutTracingHeadersPassAsTheyAre() throws IOException {
        doors.router.traces(io.kvasir.route.RequestTraces.OFF);

        var passed = doors.passed(CHAT.with("traceparent", TRACEPARENT).with("tracestate", "vendor=1"));
        var first = doors.picked(CHAT.with("traceparent", TRACEPARENT), TwoDoors.DUPLEX);

        assertThat(passed.get("traceparent")).containsExactly(TRACEPARENT);
        assertThat(passed.get("tracestate")).containsExactly("vendor=1");
        assertThat(first.toString()).doesNotContain("traceparent");
    }

    @Test
    void aHeaderThatIsNoTraceBeginsANewOne() throws IOException {
        doors.proxied(CHAT.with("traceparent", "nonsense"));

        assertThat(only().getParentSpanContext().isValid()).isFalse();
    }

    @Test
    void aCollectorThatFailsCostsItsSpansOnly() throws IOException {
        collectorFails = true;

        var answer = doors.proxied(CHAT);

        assertThat(answer.status()).isEqualTo(200);
        Await.until("it is counted", () -> spans("lost") == 1);
        collectorFails = false;
        doors.proxied(CHAT);
        Await.until("the next one arrives", () -> spans("exported") == 1);
    }

    private double spans(String result) {
        return CollectedMetrics.of(exports::describe).value("kvasir_spans_total{result=" + result + "}");
    }

    private SpanData only() {
        Await.until("the span is over", () -> !spans.isEmpty());
        assertThat(spans).hasSize(1);
        return spans.getFirst();
    }

    private static @Nullable String text(SpanData span, String name) {
        return span.getAttributes().get(AttributeKey.stringKey(name));
    }

    private static @Nullable Long number(SpanData span, String name) {
        return span.getAttributes().get(AttributeKey.longKey(name));
    }
}
