package io.kvasir.route;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.kvasir.testing.Cuts;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.provider.MethodSource;

/** Any bytes as an answer. */
class ResponseMeterFuzzTest {
    private static final int LONGEST_NAME = 64;

    /** What was told of an answer. */
    private record Told(
            int events,
            boolean done,
            List<String> usage,
            @Nullable String id) {}

    static Stream<byte[]> answers() {
        return Stream.of(
                        ": keep-alive\n\ndata: {\"id\":\"c\",\"choices\":[{\"delta\":{\"content\":\"\"}}]}\n\n"
                                + "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":90,\"completion_tokens\":5,"
                                + "\"prompt_tokens_details\":{\"cached_tokens\":64}}}\n\ndata: [DONE]\n\n",
                        "event: message_start\r\ndata: {\"message\":{\"id\":\"m\",\"usage\":{\"input_tokens\":3,"
                                + "\"cache_read_input_tokens\":16}}}\r\n\r\nevent: content_block_delta\r\ndata: {}\r\n\r\n"
                                + "event: message_delta\r\ndata: {\"usage\":{\"output_tokens\":50}}\r\n\r\n",
                        """
                        event: response.created
                        data: {"response":{"id":"resp_1","usage":null}}

                        event: response.output_text.delta
                        data: {}

                        """,
                        "{\"id\":\"r\",\"text\":\"\\\"usage\\\"\",\"usage\" : { \"prompt_tokens\" : 7 , \"a\":[1]}}")
                .map(text -> text.getBytes(UTF_8));
    }

    @MethodSource("answers")
    @FuzzTest
    void howAnAnswerIsCutMakesNoDifferenceToWhatIsTold(byte[] body) {
        if (body.length > ResponseMeter.HISTORY) {
            return;
        }
        for (boolean stream : new boolean[] {true, false}) {
            var whole = told(body, stream, Cuts.whole(body));
            for (int round = 0; round < 3; round++) {
                assertThat(told(body, stream, Cuts.of(body, round))).isEqualTo(whole);
            }
        }
    }

    @MethodSource("answers")
    @FuzzTest
    void eventsAreThoseThatReadingLineByLineFinds(byte[] body) {
        int events = 0;
        boolean empty = false;
        boolean done = false;
        String[] lines = new String(body, ISO_8859_1).split("\n", -1);
        for (int i = 0; i < lines.length; i++) {
            String line = lines[i];
            if (line.isEmpty() || line.startsWith("\r")) {
                empty = false;
            } else if (line.startsWith("event:")) {
                String name = line.substring("event:".length());
                empty = name.length() <= LONGEST_NAME && empty(name.strip());
            } else if (line.startsWith("data:")) {
                String payload = line.substring("data:".length()).replaceFirst("^ +", "");
                boolean end = payload.startsWith("[DONE]");
                // at the end of the body what may still become the mark is none, and no event either
                boolean cut = i == lines.length - 1 && "[DONE]".startsWith(payload);
                done |= end;
                events += end || cut || empty || payload.isEmpty() || payload.startsWith("\r") ? 0 : 1;
            }
        }

        var told = told(body, true, Cuts.of(body, 1));

        assertThat(told.events()).isEqualTo(events);
        assertThat(told.done()).isEqualTo(done);
    }

    private static boolean empty(String event) {
        return List.of("message_start", "message_delta", "message_stop", "content_block_start", "content_block_stop")
                        .contains(event)
                || event.equals("ping")
                || event.equals("error")
                || event.startsWith("response.") && !event.endsWith(".delta");
    }

    private static Told told(byte[] body, boolean stream, int[] ends) {
        var usage = new ArrayList<String>();
        int[] events = new int[1];
        var meter = new ResponseMeter(
                new ResponseBooks() {
                    @Override
                    public void firstToken() {
                        assertThat(events[0]++).isZero();
                    }

                    @Override
                    public void tokens(int count) {
                        assertThat(events[0]).isPositive();
                        assertThat(count).isPositive();
                        events[0] += count;
                    }

                    @Override
                    public void usage(int promptTokens, int cachedTokens, int completionTokens) {
                        assertThat(promptTokens).isGreaterThanOrEqualTo(-1);
                        assertThat(completionTokens).isGreaterThanOrEqualTo(-1);
                        assertThat(promptTokens < 0 || cachedTokens <= promptTokens)
                                .isTrue();
                        usage.add(promptTokens + "/" + cachedTokens + "/" + completionTokens);
                    }
                },
                stream);
        var id = new FirstId();
        int from = 0;
        for (int end : ends) {
            meter.feed(body, from, end - from);
            id.feed(body, from, end - from);
            from = end;
        }
        meter.end();
        return new Told(events[0], meter.done(), usage, id.id());
    }
}
