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
    }

    @Test
    void anthropicsPromptIsWhatWasReadWrittenAndNeither() {
        assertThat(whole("{\"usage\":{\"input_tokens\":9,\"cache_read_input_tokens\":4,\"output_tokens\":2}}", false)
                        .calls)
                .containsExactly("first", "13/4/2");
        assertThat(whole(
                                "{\"usage\":{\"cache_creation_input_tokens\":18268,\"cache_read_input_tokens\":56672,"
                                        + "\"input_tokens\":890,\"output_tokens\":48,"
                                        + "\"cache_creation\":{\"ephemeral_5m_input_tokens\":18268}}}",
                                false)
                        .calls)
                .containsExactly("first", "75830/56672/48");
        assertThat(whole(
                                "{\"usage\":{\"input_tokens\":9,\"cache_creation_input_tokens\":4,\"output_tokens\":2}}",
                                false)
                        .calls)
                .as("what was read is not told")
                .containsExactly("first", "13/-1/2");
        assertThat(whole(
                                "{\"usage\":{\"input_tokens\":9,\"cache_read_input_tokens\":null,"
                                        + "\"cache_creation_input_tokens\":null,\"output_tokens\":2}}",
                                false)
                        .calls)
                .containsExactly("first", "9/-1/2");
    }

    @Test
    void noMoreOfAPromptIsCachedThanItHas() {
        assertThat(whole(
                                "{\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":1,"
                                        + "\"prompt_tokens_details\":{\"cached_tokens\":99}}}",
                                false)
                        .calls)
                .containsExactly("first", "10/10/1");
    }

    @Test
    void whatIsNoCountIsNotTold() {
        assertThat(whole(
                                "{\"usage\":{\"prompt_tokens\":-10,\"completion_tokens\":1e3,\"output_tokens\":7,"
                                        + "\"prompt_tokens_details\":{\"cached_tokens\":-5}}}",
                                false)
                        .calls)
                .containsExactly("first", "-1/-1/7");
    }

    @Test
    void anAnthropicStreamTellsItsPromptAtTheStartAndCountsItsDeltas() {
        String start = """
                event: message_start
                data: {"type":"message_start","message":{"id":"m","usage":{"input_tokens":3,"output_tokens":0,\
                "cache_read_input_tokens":16,"cache_creation_input_tokens":1}}}

                event: ping
                data: {"type":"ping"}

                event: content_block_start
                data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

                """;
        String delta = """
                event: content_block_delta
                data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"word"}}

                """;
        String end = """
                event: content_block_stop
                data: {"type":"content_block_stop","index":0}

                event: message_delta
                data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":50}}

                event: message_stop
                data: {"type":"message_stop"}

                """;
        String body = start + delta.repeat(50) + end;
        for (String text : new String[] {body, body.replace("\n", "\r\n")}) {
            var random = new SplittableRandom(2);
            byte[] bytes = text.getBytes(UTF_8);
            for (int round = 0; round < 100; round++) {
                var told = new Told();
                var meter = new ResponseMeter(told, true);
                for (int at = 0; at < bytes.length; ) {
                    int n = Math.min(bytes.length - at, 1 + random.nextInt(round % 2 == 0 ? 7 : 500));
                    meter.feed(bytes, at, n);
                    if (at + n < start.length()) {
                        assertThat(meter.content()).isFalse();
                    }
                    at += n;
                }
                meter.end();
                assertThat(told.calls).containsExactly("first", "20/16/50");
                assertThat(told.events).isEqualTo(50);
            }
        }
    }

    @Test
    void aMessageDeltaThatTellsAllIsBelieved() {
        assertThat(whole("""
                event: message_start
                data: {"type":"message_start","message":{"usage":{"input_tokens":90,"output_tokens":0}}}

                event: content_block_delta
                data: {"delta":{"text":"x"}}

                event: message_delta
                data: {"usage":{"input_tokens":10,"cache_read_input_tokens":80,"output_tokens":5}}

                """, true).calls).containsExactly("first", "90/80/5");
    }

    @Test
    void ofAResponsesStreamOnlyDeltasAreContent() {
        var told = whole("""
                event: response.created
                data: {"type":"response.created","response":{"usage":null}}

                event: response.output_item.added
                data: {"type":"response.output_item.added"}

                event: response.output_text.delta
                data: {"type":"response.output_text.delta","delta":"a"}

                event: response.reasoning_text.delta
                data: {"type":"response.reasoning_text.delta","delta":"b"}

                event: response.output_text.done
                data: {"type":"response.output_text.done","text":"a"}

                event: response.completed
                data: {"type":"response.completed","response":{"usage":{"input_tokens":36,\
                "input_tokens_details":{"cached_tokens":16},"output_tokens":2}}}

                """, true);
        assertThat(told.calls).containsExactly("first", "36/16/2");
        assertThat(told.events).isEqualTo(2);
    }

    @Test
    void eventsOfUnknownNamesAndOfNoneCount() {
        assertThat(whole("event: token\ndata: {}\n\ndata: {}\n\nevent: ping\ndata: {}\n\ndata: {}\n\n", true).events)
                .isEqualTo(3);
        assertThat(whole("event: response." + "x".repeat(99) + ".delta\ndata: {}\n\n", true).events)
                .isEqualTo(1);
    }

    @Test
    void aListIsAnEventAndNoEnd() {
        for (String body : List.of("data: [1]\n\n", "data: [DONTS]\n\n", "data: [[DONE]]\n\n", "data: [\n\n")) {
            var told = new Told();
            var meter = new ResponseMeter(told, true);
            meter.feed(ByteBuffer.wrap(body.getBytes(UTF_8)));
            assertThat(told.events).as(body).isEqualTo(1);
            assertThat(meter.done()).isFalse();
        }
    }

    @Test
    void anEventWithoutPayloadHasNoContent() {
        assertThat(whole("data:\n\ndata: \r\n\r\ndata: {}\n\n", true).events).isEqualTo(1);
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
