package io.kvasir.token;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What words are remembered, and of which tokenizers. */
class WordTokenizerTest {
    private final List<String> asked = new ArrayList<>();
    private final WordTokenizer tokenizer = new WordTokenizer((text, special) -> {
        asked.add(text);
        return text.chars().toArray();
    });

    private static int[] characters(String text) {
        return text.chars().toArray();
    }

    @Test
    void wordsThatWereSeenAreNotMadeAnew() {
        assertThat(tokenizer.encode("one two, one\nthree", false)).isEqualTo(characters("one two, one\nthree"));
        assertThat(asked).containsExactly("one", " two,", " one", "\nthree");
        asked.clear();
        assertThat(tokenizer.encode("one one two,", false)).isEqualTo(characters("one one two,"));
        assertThat(asked).isEmpty();
    }

    @Test
    void aTextIsCutOnlyWhereEveryTokenizerCuts() {
        tokenizer.encode("a.\nb\u00e9 c\u00a0 d  e", false);
        assertThat(asked).containsExactly("a.\nb\u00e9 c\u00a0 d", "  e");
    }

    @Test
    void manyOtherWordsAndLongOnesAreMadeRightToo() {
        for (int i = 0; i < 200_000; i++) {
            String text = "w" + i + " w" + (i - 70_000);
            assertThat(tokenizer.encode(text, false)).hasSize(text.length());
        }
        String text = "x".repeat(1_000) + " y";
        assertThat(tokenizer.encode(text, false)).isEqualTo(characters(text));
        asked.clear();
        tokenizer.encode(text, false);
        assertThat(asked).containsExactly("x".repeat(1_000));
    }

    @Test
    void aFramedTextIsMadeWhole() {
        tokenizer.encode("a b", true);
        tokenizer.whole("a b", false);
        assertThat(asked).containsExactly("a b", "a b");
    }

    /** As some models' do that are made with white space around their special tokens. */
    private static int[] tokensThatTakeSpacesBehindThem(String text) {
        return text.replaceAll("<t> *", "\u0001").chars().toArray();
    }

    @Test
    void aTextWhoseAddedTokensTakeSpacesBehindThemIsMadeWhole() {
        var words = new WordTokenizer((text, special) -> tokensThatTakeSpacesBehindThem(text));
        var pieces = new PieceTokenizer(words, Map.of("<t>", 1), new TokenCache(1 << 12));
        assertThat(pieces.fallsApart()).isFalse();
        assertThat(pieces.encode("a<t> b", false)).containsExactly('a', 1, 'b');
    }

    private static boolean edges(String json) {
        return WordEdges.areOf(JsonTree.members(JsonTree.parse(json)));
    }

    private static String split(String expression, String normalizer) {
        return """
                {"normalizer": %s, "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
                {"type": "Split", "pattern": {"Regex": "%s"}, "behavior": "Isolated", "invert": false},
                {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false}]}}""".formatted(normalizer, expression);
    }

    @Test
    void tokenizersThatCutByKnownExpressionsHaveEdges() {
        assertThat(edges(split("\\\\p{N}{1,3}|\\\\s*[\\\\r\\\\n]+|\\\\s+(?!\\\\S)|\\\\s+", "null")))
                .isTrue();
        assertThat(edges(split("\\\\p{N}|\\\\s+", "{\"type\": \"NFC\"}"))).isTrue();
        assertThat(edges("{\"pre_tokenizer\": {\"type\": \"ByteLevel\", \"add_prefix_space\": false}}"))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"pre_tokenizer\": null}",
                "{\"pre_tokenizer\": {\"type\": \"Metaspace\"}}",
                "{\"pre_tokenizer\": {\"type\": \"ByteLevel\", \"add_prefix_space\": true}}",
                "{\"pre_tokenizer\": {\"type\": \"ByteLevel\", \"add_prefix_space\": false, \"use_regex\": false}}",
                "{\"pre_tokenizer\": {\"type\": \"Sequence\", \"pretokenizers\": []}}"
            })
    void othersHaveNone(String json) {
        assertThat(edges(json)).isFalse();
    }

    @Test
    void anExpressionOrANormalizerThatIsNotKnownHasNone() {
        assertThat(edges(split("\\\\s+|[a-z]+ [a-z]+", "null"))).isFalse();
        assertThat(edges(split("\\\\s+", "{\"type\": \"NFKC\"}"))).isFalse();
        assertThat(edges(split("\\\\s+|\\\\(a b", "null"))).isFalse();
    }

    @Test
    void anExpressionThatLeavesWhiteSpaceToWhatIsAroundHasNone() {
        assertThat(edges(split("\\\\p{N}{1,3}", "null"))).isFalse();
        assertThat(edges(split("\\\\p{N}|\\\\s+(?!\\\\S)", "null"))).isFalse();
    }
}
