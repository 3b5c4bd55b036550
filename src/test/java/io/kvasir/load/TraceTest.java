package io.kvasir.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TraceTest {
    private static final Path MOONCAKE = Path.of("load-tests", "traces", "mooncake");

    static TraceRequest request(long millis, int input, long... blocks) {
        return new TraceRequest(millis, input, 5, blocks);
    }

    @Test
    void theWholeConversationTraceIsReadAsItsAuthorsDescribeIt() throws IOException {
        var trace = MooncakeReader.read(MOONCAKE.resolve("conversation.jsonl.gz"));

        assertThat(trace.requests()).hasSize(12_031);
        assertThat((double) trace.inputTokens() / 12_031).isBetween(12_035.0, 12_035.1);
        assertThat(trace.firstMinutes(10).requests()).hasSize(1_750);
    }

    @Test
    void theShortTraceIsTheStartOfTheLongOne() throws IOException {
        var whole = MooncakeReader.read(MOONCAKE.resolve("conversation.jsonl.gz"));
        var start = MooncakeReader.read(MOONCAKE.resolve("conversation-200.jsonl"));

        assertThat(start.requests())
                .usingRecursiveFieldByFieldElementComparator()
                .isEqualTo(whole.first(200).requests());
    }

    @Test
    void anIdealCacheFindsTheLeadingBlocksSeenBefore() {
        var trace = new Trace(List.of(
                request(0, 1_200, 0, 1, 2),
                request(1, 1_300, 0, 1, 3),
                request(2, 1_100, 7, 1, 3),
                request(3, 1_236, 0, 1, 2),
                request(4, 600, 7, 8)));

        // of block 2 only 176 tokens were seen; blocks after a new one are no prefix
        assertThat(trace.idealCachedTokens()).containsExactly(0, 1_024, 0, 1_024 + 176, 512);
    }

    @Test
    void uniquePromptsKeepLengthsAndShareNothing() {
        var trace = new Trace(List.of(request(0, 1_200, 0, 1, 2), request(7, 512, 0)));
        var unique = trace.unique();

        assertThat(unique.inputTokens()).isEqualTo(1_712);
        assertThat(unique.requests().get(1).timestampMillis()).isEqualTo(7);
        assertThat(Arrays.stream(unique.idealCachedTokens()).sum()).isZero();
    }

    @Test
    void aBadLineIsNamedWithWhatIsWrong(@TempDir Path folder) throws IOException {
        var good = "{\"timestamp\": 5, \"input_length\": 600, \"output_length\": 3, \"hash_ids\": [0, 1]}";
        var file = folder.resolve("t.jsonl");
        for (var bad : List.of(
                good.replace("[0, 1]", "[0]") + "|1 hash_ids do not fit input_length 600 in blocks of 512",
                good.replace("600", "\"x\"") + "|input_length must be an integer from 0, is \"x\"",
                good.replace("\"output_length\": 3, ", "") + "|output_length must be an integer from 0, is missing",
                good.replace("5,", "4,") + "|timestamp goes back",
                "{|not a JSON object")) {
            var parts = bad.split("\\|", 2);
            Files.writeString(file, good + "\n" + parts[0] + "\n");

            assertThatThrownBy(() -> MooncakeReader.read(file))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith(file + ":2: " + parts[1])
                    .hasMessageNotContaining("\n");
        }
    }

    @Test
    void aBlocksTextDependsOnItsIdAloneAndStartsWithItsShorterText() {
        var whole = text(42, 512);

        assertThat(text(42, 100)).isEqualTo(whole.substring(0, 400));
        assertThat(text(43, 512)).isNotEqualTo(whole);
        assertThat(whole).hasSize(2_048).matches("([a-zA-F]{3} ){512}");
        // fixed for good: recorded results depend on it
        assertThat(text(0, 8)).isEqualTo("wjj rBz Fjs lxl bww dDm caE wBy ");
        assertThat(IntStream.range(0, 10_000).mapToObj(id -> text(id, 8)).distinct())
                .hasSize(10_000);
    }

    private static String text(long id, int tokens) {
        var bytes = new byte[tokens * 4];
        BlockText.write(id, tokens, bytes, 0);
        return new String(bytes, StandardCharsets.US_ASCII);
    }
}
