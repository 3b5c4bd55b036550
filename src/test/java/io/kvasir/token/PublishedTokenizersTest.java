package io.kvasir.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvasir.request.Dialect;
import io.kvasir.token.jinja.PythonJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tokenizers and chat templates as they are published, beside what a live engine made of the same. */
class PublishedTokenizersTest {
    private static int[] chat(String model, String body) throws UntoldException {
        return TestTokenizers.load(model).tokens(Dialect.CHAT_COMPLETIONS, body.getBytes(StandardCharsets.UTF_8));
    }

    /** vLLM 0.32's {@code /v1/chat/completions/render}. */
    @Test
    void aChatHasTheTokensThatVllmRenders() throws UntoldException {
        String body = """
                {"model":"m","messages":[{"role":"system","content":"You are a helpful assistant that answers questions \
                about routing requests to inference engines with a prefix cache. Be terse and precise. Do not repeat the \
                question. Answer in English only, and cite the relevant section of the manual where that is possible."},\
                {"role":"user","content":"Explain what a KV cache block is and why block sizes matter for prefix matching \
                in one paragraph, then list three pitfalls."}],"chat_template_kwargs":{"enable_thinking":false}}""";
        assertThat(chat("qwen3", body))
                .containsExactly(
                        151644, 8948, 198, 2610, 525, 264, 10950, 17847, 429, 11253, 4755, 911, 29058, 7388, 311, 44378,
                        21106, 448, 264, 9252, 6500, 13, 2823, 50537, 323, 23560, 13, 3155, 537, 13153, 279, 3405, 13,
                        21806, 304, 6364, 1172, 11, 323, 38296, 279, 9760, 3772, 315, 279, 11376, 1380, 429, 374, 3204,
                        13, 151645, 198, 151644, 872, 198, 840, 20772, 1128, 264, 84648, 6500, 2504, 374, 323, 3170,
                        2504, 12282, 4925, 369, 9252, 12579, 304, 825, 14311, 11, 1221, 1140, 2326, 80975, 13, 151645,
                        198, 151644, 77091, 198, 151667, 271, 151668, 271);
    }

    /** {@code vllm-render.jsonl}: bodies of clients, and what the render pages of vLLM 0.32 made of them for Qwen3. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void aPromptHasTheTokensThatAnEngineRendered(int line) throws IOException, UntoldException {
        var tokenizer = TestTokenizers.load("qwen3");
        String recorded = Files.readAllLines(Path.of("src/test/resources/token/vllm-render.jsonl"))
                .get(line);
        var rendered = JsonTree.members(JsonTree.parse(recorded));
        byte[] body = PythonJson.of(JsonTree.members(rendered.get("body"))).getBytes(StandardCharsets.UTF_8);
        int[] expected = JsonTree.elements(rendered.get("token_ids")).stream()
                .mapToInt(id -> Math.toIntExact((Long) id))
                .toArray();
        var dialect = Dialect.ofPath(String.valueOf(rendered.get("path")));
        assertThat(tokenizer.tokens(dialect, body)).containsExactly(expected);
    }

    @Test
    void aCompletionBeginsAsItsTokenizerSays() throws UntoldException {
        assertThat(completion("llama3_1", "{\"prompt\":\"Hello\"}")).containsExactly(128_000, 9_906);
        assertThat(completion("llama3_1", "{\"prompt\":\"Hello\",\"add_special_tokens\":false}"))
                .containsExactly(9_906);
        assertThat(completion("qwen3", "{\"prompt\":\"Hello\"}")).containsExactly(9_707);
    }

    private static int[] completion(String model, String body) throws UntoldException {
        return TestTokenizers.load(model).tokens(Dialect.COMPLETIONS, body.getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @ValueSource(strings = {"qwen3", "llama3_1", "gptoss"})
    void pieceByPieceTextHasTheTokensThatItHasWhole(String model) throws IOException {
        String json = Files.readString(TestTokenizers.folder(model).resolve("tokenizer.json"));
        var special = JsonTree.elements(
                        JsonTree.parse(json, Set.of("added_tokens")).get("added_tokens"))
                .stream()
                .map(each -> (String) JsonTree.members(each).get("content"))
                .toList();
        var tokenizer = TestTokenizers.load(model).tokenizer();
        assertThat(tokenizer.fallsApart()).isTrue();
        var words = List.of(
                "Hello",
                " world",
                "\n\n",
                "  ",
                "é",
                "e\u0301",
                "東京",
                "😀",
                "don't",
                "12345",
                "<|",
                "|>",
                "\t",
                " \n",
                "{\"a\": 1}");
        var random = new SplittableRandom(7);
        for (int i = 0; i < 300; i++) {
            var text = new StringBuilder();
            for (int w = random.nextInt(40); w > 0; w--) {
                text.append(
                        random.nextInt(5) == 0
                                ? special.get(random.nextInt(special.size()))
                                : words.get(random.nextInt(words.size())));
            }
            boolean framed = random.nextBoolean();
            assertThat(tokenizer.encode(text.toString(), framed))
                    .as("%s", text)
                    .isEqualTo(tokenizer.whole(text.toString(), framed));
        }
    }

    /** White space of all kinds, endings, marks and punctuation, which decide where words end. */
    @ParameterizedTest
    @ValueSource(strings = {"qwen3", "llama3_1", "gptoss"})
    void wordByWordTextHasTheTokensThatItHasWhole(String model) {
        var tokenizer = TestTokenizers.load(model).tokenizer();
        var parts = List.of(
                "a",
                "Bc",
                "XY",
                "7",
                "1234",
                "'",
                "'s",
                "'LL",
                ",",
                ".",
                "/",
                "//",
                "_",
                "(",
                "=",
                " ",
                " ",
                " ",
                "  ",
                "\t",
                "\n",
                "\r",
                "\r\n",
                "\n\n",
                "\u0301",
                "\u00e9",
                "\u00a0",
                "\u2003",
                "\u0085",
                "\u000b",
                "\u001f",
                "\u007f",
                "\u6771",
                "\u4eac",
                "\ud83d\ude00",
                "\u3000",
                "\u0000",
                "word",
                "Word");
        var random = new SplittableRandom(11);
        for (int i = 0; i < 1_500; i++) {
            var text = new StringBuilder();
            for (int w = random.nextInt(30); w >= 0; w--) {
                text.append(parts.get(random.nextInt(parts.size())));
            }
            assertThat(tokenizer.encode(text.toString(), false))
                    .as("%s", text)
                    .isEqualTo(tokenizer.whole(text.toString(), false));
        }
    }

    /** As those of Phi 4 do. */
    @Test
    void aTextWhoseSpecialTokensTakeTheSpacesAroundThemIsMadeWhole(@TempDir Path folder) throws IOException {
        String json = Files.readString(TestTokenizers.folder("qwen3").resolve("tokenizer.json"));
        Files.writeString(
                folder.resolve("tokenizer.json"),
                json.replace("\"lstrip\": false", "\"lstrip\": true").replace("\"rstrip\": false", "\"rstrip\": true"));
        var notes = new ArrayList<String>();
        var tokenizer = TokenizerFolder.load(folder, new TokenCache(1 << 10), notes::add)
                .tokenizer();
        assertThat(notes).contains("its tokens reach over special ones: each prompt is tokenised whole");
        String text = "one two <|im_end|>  three\n<|im_start|>\n four";
        for (boolean framed : new boolean[] {false, true}) {
            assertThat(tokenizer.encode(text, framed)).isEqualTo(tokenizer.whole(text, framed));
        }
    }

    @Test
    void ofANextTurnOnlyWhatIsNewIsTokenised() throws UntoldException {
        var cache = TestTokenizers.cache();
        var messages = new StringBuilder();
        for (int turn = 0; turn < 50; turn++) {
            messages.append(turn == 0 ? "" : ",")
                    .append("{\"role\":\"user\",\"content\":\"question ")
                    .append(turn)
                    .append(" and some words\"},{\"role\":\"assistant\",\"content\":\"answer ")
                    .append(turn)
                    .append("\"}");
        }
        long before = cache.misses();
        chat("qwen3", "{\"messages\":[" + messages + "]}");
        assertThat(cache.misses()).isGreaterThan(before + 50);
        long known = cache.misses();
        chat("qwen3", "{\"messages\":[" + messages + ",{\"role\":\"user\",\"content\":\"one more\"}]}");
        // the last answer no longer is the last, where the template puts an empty thought
        assertThat(cache.misses() - known).isLessThan(20);
    }

    @Test
    void whatIsNotTextIsNotGuessed() {
        assertThat(gap("qwen3", "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\"}]}]}"))
                .isEqualTo(TokenGap.NOT_TEXT);
        assertThat(gap("qwen3", "{\"messages\":[],\"chat_template\":\"x\"}")).isEqualTo(TokenGap.NOT_TEXT);
        assertThat(gap("qwen3", "{\"messages\":[],\"continue_final_message\":true}"))
                .isEqualTo(TokenGap.NOT_TEXT);
        assertThat(gap("qwen3", "{\"messages\":[]}")).isEqualTo(TokenGap.REFUSED);
        assertThat(gap("gptoss", "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}"))
                .isEqualTo(TokenGap.NO_TEMPLATE);
    }

    private static TokenGap gap(String model, String body) {
        try {
            chat(model, body);
            throw new AssertionError("its tokens are known");
        } catch (UntoldException e) {
            return e.why();
        }
    }

    @Test
    void whatIsNoTokenizerIsToldInOneLine(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("tokenizer.json"), "{\"version\": 1}");
        assertThatThrownBy(() -> TokenizerFolder.load(folder, new TokenCache(99), _ -> {}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no tokenizer: it has no added_tokens");
        Files.writeString(folder.resolve("tokenizer.json"), "{\"version\": \"1.0\", \"added_tokens\": []}");
        assertThatThrownBy(() -> TokenizerFolder.load(folder, new TokenCache(99), _ -> {}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("\n");
    }
}
