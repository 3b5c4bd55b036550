package io.kvasir.route;

import static io.kvasir.request.Dialect.CHAT_COMPLETIONS;
import static io.kvasir.request.Dialect.COMPLETIONS;
import static io.kvasir.request.Dialect.EMBEDDINGS;
import static io.kvasir.request.Dialect.GENERATE;
import static io.kvasir.request.Dialect.MESSAGES;
import static io.kvasir.request.Dialect.RESPONSES;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.PickReason;
import io.kvasir.pool.ServedModel;
import io.kvasir.request.Dialect;
import io.kvasir.request.RefusalReason;
import io.kvasir.request.RequestHeaders;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Work that engines of 4,096 tokens take reaches them, whatever our estimate of it. */
class ValidWorkIsRoutedTest {
    private static final String MODEL = "\"model\":\"m\",";

    private static RouterFixture pool() {
        var fixture = new RouterFixture(EndpointSpec.of("a", "10.0.0.1", 80), EndpointSpec.of("b", "10.0.0.2", 80));
        for (String name : List.of("a", "b")) {
            fixture.endpoint(name).serves(List.of(new ServedModel("m", null, 4_096)));
        }
        return fixture;
    }

    static Stream<Arguments> taken() {
        String russian = "Сколько токенов в этом предложении? ".repeat(320);
        String indented = "                        return value;\\n".repeat(650);
        String picture = "{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\""
                + "iVBORw0KGgo".repeat(27_000) + "\"}}";
        return Stream.of(
                Arguments.of(
                        "64 inputs of 360 tokens", EMBEDDINGS, "{" + MODEL + "\"input\":" + list(64, text(360)) + "}"),
                Arguments.of(
                        "20 lists of 500 ids", COMPLETIONS, "{" + MODEL + "\"prompt\":" + list(20, ids(500)) + "}"),
                Arguments.of(
                        "20 embedded lists of ids", EMBEDDINGS, "{" + MODEL + "\"input\":" + list(20, ids(500)) + "}"),
                Arguments.of("ids to be embedded in pieces", EMBEDDINGS, "{" + MODEL + "\"input\":" + ids(9_000) + "}"),
                Arguments.of("20 texts", COMPLETIONS, "{" + MODEL + "\"prompt\":" + list(20, text(500)) + "}"),
                Arguments.of("all of the context as ids", GENERATE, "{" + MODEL + "\"token_ids\":" + ids(4_096) + "}"),
                Arguments.of("Russian", CHAT_COMPLETIONS, chat(russian)),
                Arguments.of("Russian", MESSAGES, chat(russian)),
                Arguments.of("Russian", RESPONSES, "{" + MODEL + "\"input\":\"" + russian + "\"}"),
                Arguments.of("indented code", CHAT_COMPLETIONS, chat(indented)),
                Arguments.of("indented code", COMPLETIONS, "{" + MODEL + "\"prompt\":\"" + indented + "\"}"),
                Arguments.of(
                        "a picture in a tool's result",
                        MESSAGES,
                        "{" + MODEL + "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\","
                                + "\"tool_use_id\":\"t\",\"content\":[" + picture + "]}]}]}"),
                Arguments.of(
                        "ids to be cut",
                        COMPLETIONS,
                        "{" + MODEL + "\"truncate_prompt_tokens\":4000,\"prompt\":" + ids(9_000) + "}"),
                Arguments.of(
                        "ids to be cut to what the model takes",
                        COMPLETIONS,
                        "{" + MODEL + "\"truncate_prompt_tokens\":-1,\"prompt\":" + ids(9_000) + "}"),
                Arguments.of(
                        "text to be cut",
                        EMBEDDINGS,
                        "{" + MODEL + "\"truncate_prompt_tokens\":-1,\"input\":" + text(50_000) + "}"),
                Arguments.of(
                        "any bound of the output",
                        CHAT_COMPLETIONS,
                        "{\"max_tokens\":2147483647," + chat("hi").substring(1)),
                Arguments.of(
                        "tools",
                        CHAT_COMPLETIONS,
                        "{\"tools\":[{\"function\":{\"description\":" + text(4_500) + "}}],"
                                + chat("hi").substring(1)));
    }

    @ParameterizedTest(name = "{1}: {0}")
    @MethodSource("taken")
    void whatAnEngineTakesIsNotRefused(String what, Dialect dialect, String body) {
        var fixture = pool();

        var routing = fixture.route(dialect, RouterFixture.body(body), RequestHeaders.NONE, RoutingHints.NONE);

        assertThat(routing).as(what).isInstanceOf(Routing.Booked.class);
        ((Routing.Booked) routing).booking().finish(Outcome.COMPLETED);
        fixture.assertNothingInFlight();
    }

    @Test
    void whatOnlySeemsTooLongSaysSo() {
        var fixture = pool();
        // 700 short messages: 4,206 tokens for an engine
        String turns = Collections.nCopies(
                        350, "{\"role\":\"user\",\"content\":\"hi\"},{\"role\":\"assistant\",\"content\":\"yes?\"}")
                .stream()
                .collect(Collectors.joining(","));
        var seeming =
                fixture.booked(RouterFixture.body("{" + MODEL + "\"messages\":[" + turns + "]}"), RoutingHints.NONE);
        assertThat(seeming.decision().reason()).isEqualTo(PickReason.OVER_CONTEXT);
        seeming.finish(Outcome.REFUSED_BY_ENGINE);

        var fitting = fixture.booked(RouterFixture.chat("m", "hi"), RoutingHints.NONE);
        assertThat(fitting.decision().reason()).isNotEqualTo(PickReason.OVER_CONTEXT);
        fitting.finish(Outcome.COMPLETED);
    }

    @Test
    void idsThatNoEngineTakesAreRefusedWithWhatItTakes() {
        for (var dialect : List.of(COMPLETIONS, GENERATE)) {
            String member = dialect == COMPLETIONS ? "prompt" : "token_ids";
            var routing = pool().route(
                            dialect,
                            RouterFixture.body("{" + MODEL + "\"" + member + "\":" + ids(4_097) + "}"),
                            RequestHeaders.NONE,
                            RoutingHints.NONE);
            assertThat(routing).isInstanceOf(Routing.Refused.class);
            var refusal = ((Routing.Refused) routing).refusal();
            assertThat(refusal.reason()).isEqualTo(RefusalReason.CONTEXT_EXCEEDED);
            assertThat(refusal.message()).contains("maximum context length is 4096 tokens");
        }
    }

    private static String chat(String text) {
        return "{" + MODEL + "\"messages\":[{\"role\":\"user\",\"content\":\"" + text + "\"}]}";
    }

    private static String text(int tokens) {
        return "\"" + "word".repeat(tokens) + "\"";
    }

    private static String ids(int count) {
        return list(count, "7");
    }

    private static String list(int count, String element) {
        return Collections.nCopies(count, element).stream().collect(Collectors.joining(",", "[", "]"));
    }
}
