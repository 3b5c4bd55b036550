package io.kvasir.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Lists of prompts, and how many outputs a body asks for. */
class PromptListTest {
    private static PromptCounts completions(String prompt) {
        return Scans.request(Dialect.COMPLETIONS, "{\"model\":\"m\",\"prompt\":" + prompt + "}")
                .prompt();
    }

    @Test
    void promptsOfAListThatEqualAnEarlierOneAreRepeated() {
        var counts = completions("[\"one\",\"two\",\"one\",\"three\",\"one\"]");

        assertThat(counts.prompts()).isEqualTo(5);
        assertThat(counts.repeatedBytes()).isEqualTo(6);
        assertThat(counts.repeatedShare()).isCloseTo(6 / 17.0, within(1e-9));
    }

    @Test
    void promptsOfTokenIdsAreComparedToo() {
        var counts = completions("[[1,2,3],[3,2,1],[1,2,3],[1,2]]");

        assertThat(counts.repeatedTokenIds()).isEqualTo(3);
        assertThat(counts.repeatedBytes()).isZero();
    }

    @Test
    void howABodyIsCutAndEscapedDoesNotMatter() {
        byte[] body = "{\"prompt\":[\"a\\u0062cdefgh\",\"abcdefgh\",\"abcdefg\"]}".getBytes(StandardCharsets.UTF_8);
        for (int cut = 0; cut <= body.length; cut++) {
            var counts = Scans.scan(new BodyScanner(), Dialect.COMPLETIONS, body, cut, body.length)
                    .request()
                    .prompt();
            assertThat(counts.repeatedBytes()).as("cut at %d", cut).isEqualTo(8);
        }
    }

    @Test
    void whatIsNoListRepeatsNothing() {
        assertThat(completions("\"one\"").repeatedShare()).isZero();
        assertThat(completions("[1,2,1,2]").repeatedShare()).isZero();
        assertThat(completions("[1,2,\"\",1,2]").repeatedShare()).isZero();
        assertThat(completions("[\"one\"]").repeatedShare()).isZero();
        assertThat(Scans.request(
                                Dialect.CHAT_COMPLETIONS,
                                "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"user\",\"content\":\"a\"}]}")
                        .prompt()
                        .repeatedShare())
                .isZero();
    }

    @Test
    void inputsOfEmbeddingsAreCompared() {
        var request = Scans.request(Dialect.EMBEDDINGS, "{\"input\":[\"same\",\"same\",\"same\",\"else\"]}");

        assertThat(request.prompt().repeatedShare()).isCloseTo(0.5, within(1e-9));
    }

    @Test
    void ofTwoListsTheLastIsCompared() {
        var counts = Scans.request(Dialect.COMPLETIONS, "{\"prompt\":[\"a\",\"a\"],\"prompt\":[\"a\",\"b\"]}")
                .prompt();

        assertThat(counts.prompts()).isEqualTo(2);
        assertThat(counts.repeatedBytes()).isZero();
    }

    @Test
    void aScannerThatReadAListForgetsItForTheNextBody() {
        var scanner = new BodyScanner();
        byte[] first = "{\"prompt\":[[7,8],[7,8]]}".getBytes(StandardCharsets.UTF_8);
        byte[] second = "{\"prompt\":[[7,8],[9]]}".getBytes(StandardCharsets.UTF_8);

        assertThat(Scans.scan(scanner, Dialect.COMPLETIONS, first, first.length)
                        .request()
                        .prompt()
                        .repeatedTokenIds())
                .isEqualTo(2);
        assertThat(Scans.scan(scanner, Dialect.COMPLETIONS, second, second.length)
                        .request()
                        .prompt()
                        .repeatedTokenIds())
                .isZero();
    }

    @Test
    void aListOfManyThousandPromptsIsComparedAsFarAsMemoryIsSpentOnIt() {
        String many = IntStream.range(0, 20_000)
                .mapToObj(i -> "\"p" + i % 5_000 + "\"")
                .collect(Collectors.joining(",", "[", "]"));

        // 4,096 different ones are known, each of which comes three times more
        assertThat(completions(many).repeatedBytes())
                .isEqualTo(3
                        * IntStream.range(0, 4096)
                                .mapToLong(i -> 1 + Integer.toString(i).length())
                                .sum());
    }

    @ParameterizedTest
    @CsvSource({
        "COMPLETIONS, '\"prompt\":\"a\",\"n\":4', 4",
        "COMPLETIONS, '\"prompt\":\"a\",\"n\":2,\"best_of\":8', 8",
        "COMPLETIONS, '\"prompt\":\"a\",\"n\":2,\"beam_width\":5,\"use_beam_search\":true', 5",
        "CHAT_COMPLETIONS, '\"messages\":[],\"n\":3', 3",
        "GENERATE, '\"token_ids\":[1],\"sampling_params\":{\"n\":6,\"best_of\":2}', 6",
        "RESPONSES, '\"input\":\"a\",\"n\":3', 1",
        "MESSAGES, '\"messages\":[],\"n\":3', 1",
        "EMBEDDINGS, '\"input\":[\"a\"],\"n\":3', 1"
    })
    void samplesAreWhatTheDialectKnows(Dialect dialect, String members, int samples) {
        assertThat(Scans.request(dialect, "{" + members + "}").samples()).isEqualTo(samples);
    }

    @Test
    void beamsGoOnToTheirBound() {
        assertThat(Scans.request(Dialect.COMPLETIONS, "{\"prompt\":\"a\",\"n\":4,\"use_beam_search\":true}")
                        .ignoreEos())
                .isTrue();
    }
}
