package io.kvasir.route;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ResponseMeterTest {
    private static final String STREAM = """
            : keep-alive

            data: {"choices":[{"delta":{"role":"assistant","content":""}}],"usage":null}

            data: {"choices":[{"delta":{"content":"say \\"usage\\":{\\"prompt_tokens\\":1}"}}]}

            data: {"choices":[{"delta":{"content":"data:"}}]}

            data: {"choices":[],"usage":{"prompt_tokens":90,"total_tokens":95,"completion_tokens":5,\
            "prompt_tokens_details":{"cached_tokens":64,"created_cache_tokens":0,"multimodal_tokens":null}}}

            data: [DONE]

            """;

    /** What a meter told, in order. */
    private static final class Told implements ResponseBooks {
        private final List<String> calls = new ArrayList<>();
        private int events;

        @Override
        public void firstToken() {
            calls.add("first");
            events++;
        }

        @Override
        public void tokens(int count) {
            assertThat(count).isPositive();
            events += count;
        }

        @Override
        public void usage(int promptTokens, int cachedTokens, int completionTokens) {
            calls.add(promptTokens + "/" + cachedTokens + "/" + completionTokens);
        }
    }

    private static Told whole(String body, boolean events) {
        var told = new Told();
        var meter = new ResponseMeter(told, events);
        meter.feed(ByteBuffer.wrap(body.getBytes(UTF_8)));
        meter.end();
        return told;
    }

    @Test
    void aStreamCutAnywhereTellsTheSame() {
        var random = new SplittableRandom(1);
        byte[] bytes = STREAM.getBytes(UTF_8);
        for (int round = 0; round < 500; round++) {
            var told = new Told();
            var meter = new ResponseMeter(told, true);
            for (int at = 0; at < bytes.length; ) {
                int n = Math.min(bytes.length - at, 1 + random.nextInt(round % 2 == 0 ? 7 : 200));
                meter.feed(bytes, at, n);
                at += n;
            }
            meter.end();
            assertThat(told.calls).containsExactly("first", "90/64/5");
            assertThat(told.events).isEqualTo(4);
            assertThat(meter.done()).isTrue();
        }
    }

    @Test
    void commentsAreNoContent() {
        var told = new Told();
        var meter = new ResponseMeter(told, true);
        meter.feed(": ping\n\n: data: no\n\nevent: message_start\n".getBytes(UTF_8), 0, 40);
        assertThat(meter.content()).isFalse();
        assertThat(told.calls).isEmpty();
    }

    @Test
    void aWholeAnswerHasContentFromItsFirstByteAndUsageFromItsEnd() {
        var told = whole(
                "{\"choices\":[{\"message\":{\"content\":\"" + "x".repeat(100_000)
                        + "\"}}],\"usage\" : { \"prompt_tokens\" : 7 , \"completion_tokens\": 3,"
                        + "\"prompt_tokens_details\":null},\"kv_transfer_params\":null}",
                false);
        assertThat(told.calls).containsExactly("first", "7/-1/3");
    }

    @Test
    void theNamesOfResponsesAndMessagesAreKnown() {
        assertThat(whole(
                                "{\"usage\":{\"input_tokens\":36,\"input_tokens_details\":{\"cached_tokens\":16},"
                                        + "\"output_tokens\":87,\"output_tokens_details\":{\"reasoning_tokens\":1}}}",
                                false)
                        .calls)
                .containsExactly("first", "36/16/87");
        assertThat(whole("{\"usage\":{\"input_tokens\":9,\"cache_read_input_tokens\":4,\"output_tokens\":2}}", false)
                        .calls)
                .containsExactly("first", "9/4/2");
    }

    @Test
    void theLastUsageOfContinuousOnesCounts() {
        var body = """
                data: {"usage":{"prompt_tokens":5,"completion_tokens":1}}

                data: {"usage":{"prompt_tokens":5,"completion_tokens":2}}

                """;
        assertThat(whole(body, true).calls).containsExactly("first", "5/-1/2");
    }

    @Test
    void aBlockThatIsCutOffOrNoBlockTellsNothing() {
        for (var body : List.of(
                "{\"usage\":{\"prompt_tokens\":5",
                "{\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":1",
                "{\"usage\":null}",
                "{\"usage\"",
                "{\"usage\":{}}",
                "{\"usage\":[1]}",
                "{\"text\":\"\\\"usage\\\":{\\\"prompt_tokens\\\":5}\"}",
                "x")) {
            assertThat(whole(body, false).calls).as(body).containsExactly("first");
        }
        assertThat(whole("", false).calls).isEmpty();
    }
}
