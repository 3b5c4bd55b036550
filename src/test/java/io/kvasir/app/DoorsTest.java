package io.kvasir.app;

import static io.kvasir.app.TwoDoors.DUPLEX;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.admission.TestAdmission;
import io.kvasir.admission.flow.BandSettings;
import io.kvasir.admission.flow.FlowSettings;
import io.kvasir.admission.flow.Limits;
import io.kvasir.admission.flow.Ordering;
import io.kvasir.app.TwoDoors.Answer;
import io.kvasir.app.TwoDoors.Call;
import io.kvasir.extproc.wire.proto.HeaderMutation;
import io.kvasir.extproc.wire.proto.ProcessingMode.BodySendMode;
import io.kvasir.pool.EngineStats;
import io.kvasir.pool.Role;
import io.kvasir.pool.ServedModel;
import io.kvasir.request.RequestHeaders;
import io.kvasir.route.RouterEvent;
import io.kvasir.schedule.Picker;
import io.kvasir.schedule.Policy;
import io.kvasir.schedule.Profile;
import io.kvasir.schedule.SchedulingContext;
import io.kvasir.traffic.Door;
import io.kvasir.traffic.RoutingHeader;
import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The same request at the proxy and at the picker: what the client is told, what is believed, what the engine gets. */
class DoorsTest {
    private static final long ROOMY = 256 << 20;
    private static final String CHAT = "/v1/chat/completions";
    private static final String BODY = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

    private static TwoDoors doors() throws IOException {
        return new TwoDoors(Policy.TIME::profile, ROOMY);
    }

    /** With two models, m and n, of which m takes 100 tokens. */
    private static TwoDoors twoModels() throws IOException {
        var doors = doors();
        doors.pool.apply(List.of(doors.endpoint("a", Role.BOTH, "m", 100), doors.vacant("b", "n")));
        doors.pool.snapshot().at(0).serves(List.of(new ServedModel("m", null, 100)));
        doors.pool.snapshot().at(1).serves(List.of(new ServedModel("n", null, 0)));
        return doors;
    }

    private static Answer assertAlike(TwoDoors doors, Call call, int status, String reason) throws IOException {
        return assertAlike(doors, call, DUPLEX, status, reason);
    }

    private static Answer assertAlike(TwoDoors doors, Call call, BodySendMode mode, int status, String reason)
            throws IOException {
        var proxied = doors.proxied(call);
        assertThat(doors.refused(call, mode)).isEqualTo(proxied);
        assertThat(proxied.status()).isEqualTo(status);
        assertThat(proxied.reason()).isEqualTo(reason);
        assertThat(proxied.type()).isEqualTo("application/json");
        assertThat(proxied.retryAfter()).isEqualTo(status == 503 || status == 429 ? "1" : null);
        return proxied;
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"model\":", "[]", "{\"model\":\"m\",}", "{\"model\":\"\u0001\"}", "nonsense", "{} {}"})
    void aBodyThatCannotBeRead(String body) throws IOException {
        try (var doors = twoModels()) {
            var told = assertAlike(doors, Call.post(CHAT, body), 400, "body-malformed");
            assertThat(told.body()).contains("at byte ", "\"malformed_body\"");
            assertAlike(doors, Call.post(CHAT, body), BodySendMode.BUFFERED, 400, "body-malformed");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {CHAT, "/v1/completions", "/v1/embeddings", "/v1/messages", "/llm/m/v1/responses"})
    void aBodyThatIsDemandedAndDoesNotCome(String path) throws IOException {
        try (var doors = twoModels()) {
            var without = new Call("POST", path, null, Map.of("x-request-id", "r-1"));
            for (var call : List.of(Call.post(path, "").with("x-request-id", "r-1"), without)) {
                for (var mode : List.of(DUPLEX, BodySendMode.BUFFERED, BodySendMode.BUFFERED_PARTIAL)) {
                    assertAlike(doors, call, mode, 400, "body-malformed");
                }
            }
            assertAlike(doors, without, BodySendMode.STREAMED, 400, "body-malformed");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/v1/chat/completions | {\"messages\":[]} | 400 | model-missing",
                "/v1/chat/completions | {\"model\":\"x\\u0007\",\"messages\":[]} | 400 | model-invalid",
                "/llm/n/v1/chat/completions | {\"model\":\"m\",\"messages\":[]} | 400 | model-mismatch",
                "/v1/chat/completions | {\"model\":\"x\",\"messages\":[]} | 404 | model-unknown",
                "/v1/embeddings | {\"model\":\"x\",\"input\":\"a\"} | 404 | model-unknown",
                "/v1/../v1/chat/completions | {} | 400 | path-ambiguous",
                "/v1//chat/completions | {} | 400 | path-ambiguous",
                "/v1/load_lora_adapter | {} | 404 | path-of-one-replica",
                "/team/reset_prefix_cache | {} | 404 | path-of-one-replica"
            })
    void aRequestThatNobodyMayServe(String path, String body, int status, String reason) throws IOException {
        try (var doors = twoModels()) {
            assertAlike(doors, Call.post(path, body), status, reason);
            assertAlike(doors, Call.post(path, body), BodySendMode.BUFFERED, status, reason);
        }
    }

    /** As OpenAI lists stored chats. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET | /v1/chat/completions?limit=2 |",
                "GET | /llm/m/v1/responses |",
                "DELETE | /v1/messages |",
                "PUT | /v1/completions | no JSON",
                "PATCH | /rerank | {\"x\":1}"
            })
    void anApiAskedByAnotherMethodThanItsOwn(String method, String path, @Nullable String body) throws IOException {
        try (var doors = doors()) {
            doors.pool.apply(List.of(doors.endpoint("a", Role.BOTH, "m", 0)));
            var call = new Call(method, path, body, Map.of("content-type", "application/json"));
            assertThat(doors.proxied(call).status()).isEqualTo(200);
            for (var mode : List.of(DUPLEX, BodySendMode.BUFFERED, BodySendMode.STREAMED)) {
                assertThat(doors.picked(call, mode).hasImmediateResponse())
                        .as(mode.name())
                        .isFalse();
            }
        }
    }

    @Test
    void aPromptThatIsTooLong() throws IOException {
        try (var doors = twoModels()) {
            String ids = IntStream.range(0, 101).mapToObj(Integer::toString).collect(Collectors.joining(","));
            var call = Call.post("/v1/completions", "{\"model\":\"m\",\"prompt\":[" + ids + "]}");
            var told = assertAlike(doors, call, 400, "context-exceeded");
            assertThat(told.body()).contains("maximum context length is 100 tokens");
        }
    }

    @Test
    void aPoolThatServesNobody() throws IOException {
        try (var doors = doors()) {
            var call = Call.post(CHAT, BODY);
            assertAlike(doors, call, 503, "rejected-no-endpoints");

            doors.pool.apply(List.of(doors.endpoint("a", Role.PREFILL, "m", 0)));
            assertAlike(doors, call, 503, "rejected-no-endpoints");

            doors.pool.apply(List.of(doors.endpoint("b", Role.BOTH, "m", 0)));
            doors.pool
                    .snapshot()
                    .at(0)
                    .report(EngineStats.at(System.nanoTime())
                            .running(0)
                            .waiting(0)
                            .kvUsage(0)
                            .blocks(16, 100)
                            .asleep(true)
                            .build());
            assertAlike(doors, call, 503, "rejected-no-endpoints");
        }
    }

    @Test
    void whatTheQueueRefuses() throws IOException {
        try (var doors = twoModels()) {
            var settings = FlowSettings.DEFAULT.toBuilder()
                    .noEndpointSeconds(0.05)
                    .otherBands(
                            new BandSettings(0, 0.05, Ordering.FCFS, Limits.OF_BAND),
                            new BandSettings(0, 60, Ordering.FCFS, Limits.OF_BAND))
                    .build();
            var call = Call.post(CHAT, BODY);
            doors.queue(settings);
            doors.pool.snapshot().at(0).load().placePrefill(3_600_000_000_000L, System.nanoTime());
            var told = assertAlike(doors, call, 429, "rejected-ttl-expired");
            assertThat(told.body()).contains("\"code\":\"wait_expired\"");

            doors.pool.apply(List.of());
            told = assertAlike(doors, call, 503, "rejected-no-endpoints");
            assertThat(told.body()).contains("\"code\":\"service_unavailable\"");

            doors.router.admission(new TestAdmission(TestAdmission.Mode.REFUSE));
            var proxied = doors.proxied(call);
            assertThat(proxied.retryAfter()).isEqualTo("7");
            assertThat(proxied.retryAfterMillis()).isEqualTo("7000");
            assertThat(proxied.reason()).isEqualTo("rejected-saturated");
            assertThat(doors.refused(call, DUPLEX)).isEqualTo(proxied);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void clientsOfAnthropicsApiReadItsErrors(boolean byHeader) throws IOException {
        try (var doors = twoModels()) {
            var call = Call.post(byHeader ? CHAT : "/v1/messages", "[]").with("x-request-id", "r-1");
            var told = assertAlike(
                    doors, byHeader ? call.with("anthropic-version", "2023-06-01") : call, 400, "body-malformed");
            assertThat(told.body())
                    .startsWith("{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\"")
                    .endsWith("\"request_id\":\"r-1\"}");
        }
    }

    @Test
    void noMemoryForBodies() throws IOException {
        try (var doors = new TwoDoors(Policy.TIME::profile, 1)) {
            doors.pool.apply(List.of(doors.endpoint("a", Role.BOTH, null, 0)));
            var told = assertAlike(doors, Call.post(CHAT, BODY), BodySendMode.BUFFERED, 503, "rejected-saturated");
            assertThat(told.body()).contains("\"overloaded\"");
        }
    }

    @Test
    void aRouterThatStops() throws IOException {
        try (var doors = twoModels()) {
            var told = doors.stoppedWhile(Call.post(CHAT, "{\"model\":"));
            assertThat(told.getFirst()).isEqualTo(told.getLast());
            assertThat(told.getFirst().status()).isEqualTo(503);
            assertThat(told.getFirst().reason()).isEqualTo("rejected-shutting-down");
            assertThat(told.getFirst().retryAfter()).isEqualTo("1");
        }
    }

    /** Fails. */
    private static final class Broken implements Picker {
        @Override
        public String name() {
            return "broken";
        }

        @Override
        public int pick(SchedulingContext context, double[] totals, int[] order, int wanted) {
            throw new IllegalStateException("of the test");
        }
    }

    @Test
    void aFaultOfOurs() throws IOException {
        try (var doors = new TwoDoors(_ -> new Profile("broken", List.of(), List.of(), new Broken()), ROOMY)) {
            doors.pool.apply(List.of(doors.endpoint("a", Role.BOTH, "m", 0)));
            assertAlike(doors, Call.post(CHAT, BODY), 500, "internal-error");
            assertAlike(doors, Call.post(CHAT, BODY), BodySendMode.BUFFERED, 500, "internal-error");
        }
    }

    @Test
    void aCompressedBodyPassesUnread() throws IOException {
        try (var doors = doors()) {
            doors.pool.apply(List.of(doors.endpoint("a", Role.BOTH, null, 0)));
            var call = Call.post(CHAT, "no JSON, as it is compressed").with("content-encoding", "gzip");
            assertThat(doors.proxied(call).status()).isEqualTo(200);
            assertThat(doors.picked(call, DUPLEX).hasRequestHeaders()).isTrue();
            assertAlike(doors, call.with("content-encoding", "Identity"), 400, "body-malformed");
        }
    }

    /** What the router hears of a request by its headers. */
    private record Believed(
            @Nullable String session,
            @Nullable String objective,
            @Nullable String fairness,
            double ttft,
            double tpot,
            @Nullable String model) {
        static final Believed NOTHING = new Believed(null, null, null, Double.NaN, Double.NaN, null);

        static Believed of(RequestHeaders headers, @Nullable String model) {
            return new Believed(
                    headers.sessionId(),
                    headers.objective(),
                    headers.fairnessId(),
                    headers.ttftSlo(),
                    headers.tpotSlo(),
                    model);
        }
    }

    private static String anyName(String name) {
        return name.replace("*", "some");
    }

    @ParameterizedTest
    @EnumSource
    void everyHeaderOfTheTableIsBelievedAsItSays(RoutingHeader header) throws Exception {
        try (var doors = doors()) {
            doors.pool.apply(List.of(doors.endpoint("a", Role.BOTH, null, 0)));
            var heard = new LinkedBlockingQueue<Believed>();
            doors.router.events().listen(EnumSet.of(RouterEvent.Kind.DECIDED), event -> {
                var decided = (RouterEvent.Decided) event;
                heard.add(Believed.of(decided.asked().headers(), decided.rules().model()));
            });
            for (String name : header.names()) {
                var call = Call.post(CHAT, BODY).with(anyName(name), "7");

                doors.proxied(call);
                var atProxy = heard.take();
                doors.picked(call, DUPLEX);
                var atPicker = heard.take();

                switch (header) {
                    case SESSION, REWRITE, TTFT_SLO, TPOT_SLO ->
                        assertThat(atProxy).isNotEqualTo(Believed.NOTHING).isEqualTo(atPicker);
                    case OBJECTIVE, FAIRNESS -> {
                        // of a gateway, which is trusted, but not of a client
                        assertThat(atProxy).isEqualTo(Believed.NOTHING);
                        assertThat(atPicker).isNotEqualTo(Believed.NOTHING);
                    }
                    default -> {
                        assertThat(atProxy).isEqualTo(Believed.NOTHING);
                        assertThat(atPicker).isEqualTo(Believed.NOTHING);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyHeaderOfTheTableReachesEnginesAsItSays(RoutingHeader header) throws IOException {
        try (var doors = doors()) {
            doors.pool.apply(List.of(doors.endpoint("a", Role.BOTH, null, 0)));
            for (String given : header.names()) {
                String name = anyName(given);
                var call = Call.post(CHAT, BODY).with(name, "clients");

                var values = doors.passed(call).getOrDefault(name, List.of());
                switch (header.at(Door.PROXY)) {
                    case READ, PASSED -> assertThat(values).as(name).containsExactly("clients");
                    case READ_SET -> assertThat(values).as(name).hasSize(1);
                    case READ_STRIPPED, STRIPPED, SET, TRUSTED, READ_TRUSTED ->
                        assertThat(values).as(name).doesNotContain("clients");
                }

                var mutation = doors.picked(call, DUPLEX)
                        .getRequestHeaders()
                        .getResponse()
                        .getHeaderMutation();
                boolean replaced = sets(mutation, name);
                boolean removed = mutation.getRemoveHeadersList().contains(name);
                switch (header.at(Door.PICKER)) {
                    case READ, PASSED ->
                        assertThat(replaced || removed).as(name).isFalse();
                    case READ_STRIPPED, STRIPPED -> assertThat(removed).as(name).isTrue();
                    case SET, READ_SET ->
                        assertThat(replaced || removed).as(name).isTrue();
                    case TRUSTED, READ_TRUSTED -> throw new AssertionError("a gateway's headers are its own");
                }
            }
        }
    }

    private static boolean sets(HeaderMutation mutation, String name) {
        return mutation.getSetHeadersList().stream()
                .anyMatch(option -> option.getHeader().getKey().equals(name));
    }
}
