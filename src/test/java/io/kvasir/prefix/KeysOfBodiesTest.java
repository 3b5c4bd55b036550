package io.kvasir.prefix;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.request.BodyScanner;
import io.kvasir.request.Dialect;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class KeysOfBodiesTest {
    private static final String TEXT = "You are terse.\\n".repeat(30);
    private static final List<String> MEMBERS = List.of(
            "\"model\":\"m\"",
            "\"messages\":[{\"role\":\"system\",\"content\":\"" + TEXT + "\"},{\"role\":\"user\",\"content\":\"" + TEXT
                    + "\"}]",
            "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":\"" + TEXT + "\"}}]",
            "\"stream\":true",
            "\"reasoning_effort\":\"low\"",
            "\"temperature\":0.5");

    private final BodyScanner scanner = new BodyScanner();
    private final PromptKeyer keyer = new PromptKeyer();

    @Test
    void theOrderOfTopLevelMembersDoesNotMatter() {
        long[] expected = keys(Dialect.CHAT_COMPLETIONS, body(MEMBERS), Integer.MAX_VALUE);
        assertThat(expected).hasSizeGreaterThan(20);
        List<String> shuffled = new ArrayList<>(MEMBERS);
        var random = new Random(3);
        for (int i = 0; i < 50; i++) {
            Collections.shuffle(shuffled, random);
            assertThat(keys(Dialect.CHAT_COMPLETIONS, body(shuffled), Integer.MAX_VALUE))
                    .isEqualTo(expected);
        }
    }

    @Test
    void chunksDoNotMatter() {
        String body = body(MEMBERS);
        long[] expected = keys(Dialect.CHAT_COMPLETIONS, body, Integer.MAX_VALUE);
        for (int chunk = 1; chunk < 200; chunk++) {
            assertThat(keys(Dialect.CHAT_COMPLETIONS, body, chunk)).isEqualTo(expected);
        }
    }

    @Test
    void escapesDoNotMatter() {
        long[] plain = keys(Dialect.COMPLETIONS, "{\"prompt\":\"" + "grün/ü".repeat(50) + "\"}", 7);
        long[] escaped = keys(Dialect.COMPLETIONS, "{\"prompt\":\"" + "gr\\u00fcn\\/\\u00FC".repeat(50) + "\"}", 7);
        assertThat(escaped).isEqualTo(plain);
    }

    @Test
    void ofTwoPromptsTheLastCountsAndThePreambleStays() {
        String again = body(MEMBERS);
        String replaced = again.replaceFirst(
                "\"model\"", "\"messages\":[{\"role\":\"user\",\"content\":\"" + "x".repeat(500) + "\"}],\"model\"");
        assertThat(keys(Dialect.CHAT_COMPLETIONS, replaced, 50)).isEqualTo(keys(Dialect.CHAT_COMPLETIONS, again, 50));
    }

    @Test
    void tokenIdsAreBlocksOfSixteenInEveryDialectThatHasThem() {
        String ids = IntStream.range(0, 100).mapToObj(Integer::toString).collect(Collectors.joining(",", "[", "]"));
        long[] single = keys(Dialect.COMPLETIONS, "{\"prompt\":" + ids + "}", 9);
        assertThat(single).hasSize(6);
        assertThat(keys(Dialect.COMPLETIONS, "{\"prompt\":[" + ids + ",[1,2,3]]}", 9))
                .isEqualTo(single);
        assertThat(keys(Dialect.GENERATE, "{\"token_ids\":" + ids + "}", 9)).isEqualTo(single);
    }

    private static String body(List<String> members) {
        return members.stream().collect(Collectors.joining(",", "{", "}"));
    }

    private long[] keys(Dialect dialect, String body, int chunk) {
        return KeyedPrompts.ofBody(scanner, keyer, dialect, body, chunk);
    }
}
