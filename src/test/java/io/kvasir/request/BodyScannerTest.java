package io.kvasir.request;

import static io.kvasir.request.Dialect.CHAT_COMPLETIONS;
import static io.kvasir.request.Dialect.COMPLETIONS;
import static io.kvasir.request.Dialect.EMBEDDINGS;
import static io.kvasir.request.Dialect.GENERATE;
import static io.kvasir.request.Dialect.MESSAGES;
import static io.kvasir.request.Dialect.PASSTHROUGH;
import static io.kvasir.request.Dialect.RESPONSES;
import static io.kvasir.request.Dialect.SCORING;
import static io.kvasir.request.Scans.prompt;
import static io.kvasir.request.Scans.request;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.management.ThreadMXBean;
import io.kvasir.prefix.KeySchemes;
import io.kvasir.prefix.PromptKeyer;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BodyScannerTest {

    @Test
    void aChatBodyStreamsItsMessagesInOrder() {
        String body = """
                {"messages":[{"role":"system","content":"Be brief."},
                {"role":"user","content":"Say \\"hi\\"\\n"}],"model":"m"}""";
        assertThat(prompt(CHAT_COMPLETIONS, body))
                .isEqualTo("<MESSAGE <ROLE system ROLE> <TEXT Be brief. TEXT> MESSAGE> "
                        + "<MESSAGE <ROLE user ROLE> <TEXT Say \"hi\"\n TEXT> MESSAGE>");
        Request request = request(CHAT_COMPLETIONS, body);
        assertThat(request.model()).isEqualTo("m");
        assertThat(request.prompt().prompts()).isEqualTo(1);
        assertThat(request.prompt().bytes()).isEqualTo("systemBe brief.userSay 'hi'\n".length());
        assertThat(request.promptTokens()).isEqualTo(7 + 2 * PromptCounts.MESSAGE_TOKENS);
        assertThat(request.prompt().exact()).isFalse();
        assertThat(request.bodyBytes()).isEqualTo(body.length());
    }

    @Test
    void aQueryAndTheTextsItIsComparedWithAreAllPriced() {
        String body = """
                {"model":"m","query":"12345678","documents":["1234",{"text":"56"},7,null],"top_n":2}""";
        assertThat(prompt(SCORING, body))
                .as("what engines compute is pairs of these")
                .isEmpty();
        Request request = request(SCORING, body);
        assertThat(request.model()).isEqualTo("m");
        assertThat(request.promptTokens()).isEqualTo((8 + 4 + 13 + 3) / 4);
        assertThat(request.maxOutputTokens()).isZero();
        assertThat(request.certainTokens()).isZero();
        assertThat(request(SCORING, "{\"text_1\":\"1234\",\"text_2\":[\"1234\",\"1234\"]}")
                        .promptTokens())
                .isEqualTo(3);
        // an API that may be spoken otherwise is not refused
        assertThat(request(SCORING, "not json").opaque()).isTrue();
    }

    @Test
    void contentPartsGiveTextAndMedia() {
        String body = """
                {"messages":[{"role":"user","content":[{"type":"text","text":"What is this?"},
                {"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}},"and this?"]}]}""";
        assertThat(prompt(CHAT_COMPLETIONS, body))
                .isEqualTo("<MESSAGE <ROLE user ROLE> <TEXT What is this? TEXT> "
                        + "<MEDIA {\"url\":\"data:image/png;base64,AAAA\"} MEDIA> <TEXT and this? TEXT> MESSAGE>");
        Request request = request(CHAT_COMPLETIONS, body);
        assertThat(request.prompt().mediaParts()).isEqualTo(1);
        assertThat(request.prompt().bytes()).isEqualTo("userWhat is this?and this?".length());
        assertThat(request.promptTokens()).isEqualTo(7 + PromptCounts.MEDIA_TOKENS + PromptCounts.MESSAGE_TOKENS);
    }

    @Test
    void toolCallsAreRawAndNullsAreNothing() {
        String body = """
                {"messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"c1", "function":{"name":"f"}}]},
                {"role":"tool","tool_call_id":"c1","content":"42","name":null}]}""";
        assertThat(prompt(CHAT_COMPLETIONS, body))
                .isEqualTo("<MESSAGE <ROLE assistant ROLE> "
                        + "<TOOL_CALL [{\"id\":\"c1\", \"function\":{\"name\":\"f\"}}] TOOL_CALL> MESSAGE> "
                        + "<MESSAGE <ROLE tool ROLE> <TOOL_CALL \"c1\" TOOL_CALL> <TEXT 42 TEXT> MESSAGE>");
    }

    @Test
    void whatTemplatesPutFirstIsPreamble() {
        var sink = new RecordingSink();
        var scanner = new BodyScanner();
        scanner.reset(CHAT_COMPLETIONS, sink);
        scanner.feed(ByteBuffer.wrap(
                "{\"tools\":[ {\"a\":1} ],\"messages\":[],\"reasoning_effort\":\"high\",\"documents\":null}"
                        .getBytes(UTF_8)));
        scanner.finish();
        assertThat(sink.preamble()).containsExactly("[{\"a\":1}]", "\"high\"");
        assertThat(scanner.request().prompt().bytes()).isEqualTo(15);
    }

    @Test
    void aCompletionsPromptMayBeAStringOrAListOrTokensOrListsOfThem() {
        assertThat(prompt(COMPLETIONS, "{\"prompt\":\"Hello\"}")).isEqualTo("<PROMPT Hello PROMPT>");
        assertThat(prompt(COMPLETIONS, "{\"prompt\":[\"a\",\"b\"]}")).isEqualTo("<PROMPT a PROMPT> <PROMPT b PROMPT>");
        assertThat(prompt(COMPLETIONS, "{\"prompt\":[1,22, 333]}")).isEqualTo("<PROMPT #1 #22 #333 PROMPT>");
        assertThat(prompt(COMPLETIONS, "{\"prompt\":[[1,2],[3]]}"))
                .isEqualTo("<PROMPT #1 #2 PROMPT> <PROMPT #3 PROMPT>");
        assertThat(prompt(COMPLETIONS, "{\"prompt\":[]}")).isEmpty();
        assertThat(prompt(COMPLETIONS, "{\"prompt\":null}")).isEmpty();
    }

    @Test
    void tokenIdsAreCountedExactly() {
        Request list = request(COMPLETIONS, "{\"prompt\":[1,2,3]}");
        assertThat(list.promptTokens()).isEqualTo(3);
        assertThat(list.prompt().exact()).isTrue();
        assertThat(list.prompt().bytes()).isZero();
        Request lists = request(COMPLETIONS, "{\"prompt\":[[1,2],[3,4,5]]}");
        assertThat(lists.promptTokens()).isEqualTo(5);
        assertThat(lists.prompt().prompts()).isEqualTo(2);
        Request generate = request(
                GENERATE, "{\"token_ids\":[7,8],\"sampling_params\":{\"max_tokens\":9,\"n\":2},\"model\":\"g\"}");
        assertThat(generate.promptTokens()).isEqualTo(2);
        assertThat(generate.maxOutputTokens()).isEqualTo(9);
        assertThat(generate.samples()).isEqualTo(2);
    }

    @Test
    void tokenIdsOfAnyWidthAreReadExactlyHoweverTheyAreCut() {
        var random = new Random(6);
        for (int round = 0; round < 200; round++) {
            int[] ids = random.ints(50, 0, Integer.MAX_VALUE)
                    .map(id -> id >>> random.nextInt(31))
                    .toArray();
            String separator = random.nextBoolean() ? ", " : ",";
            String list = Arrays.stream(ids).mapToObj(Integer::toString).collect(Collectors.joining(separator));
            byte[] body = ("{\"prompt\":[" + list + "]}").getBytes(UTF_8);
            String wanted = Arrays.stream(ids).mapToObj(id -> "#" + id).collect(Collectors.joining(" "));
            var scan = Scans.scan(new BodyScanner(), COMPLETIONS, body, random.nextInt(body.length), body.length);
            assertThat(String.join(" ", scan.record())).isEqualTo("-- <PROMPT " + wanted + " PROMPT>");
        }
        for (String bad : new String[] {"1,00,1,1", "1,01,1,1", "1,,1,1,1", "1, 1 1,1,1", "1,1x,1,1,1"}) {
            assertThatThrownBy(() -> prompt(COMPLETIONS, "{\"prompt\":[" + bad + ",2,3]}"))
                    .as(bad)
                    .isInstanceOf(MalformedBodyException.class);
        }
        assertThat(prompt(COMPLETIONS, "{\"prompt\":[1, 2,  3,\n4,1234567,12345678,2147483648,-1,1.5, 7,8]}"))
                .isEqualTo("<PROMPT #1 #2 #3 #4 #1234567 #12345678 #7 #8 PROMPT>");
    }

    @Test
    void theOtherDialectsFindTheirPrompts() {
        assertThat(prompt(RESPONSES, "{\"input\":\"Hi\"}"))
                .isEqualTo("<MESSAGE <ROLE user ROLE> <TEXT Hi TEXT> MESSAGE>");
        assertThat(prompt(
                        RESPONSES,
                        "{\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"Hi\"}]},"
                                + "{\"type\":\"function_call_output\",\"call_id\":\"c\",\"output\":\"4\"}]}"))
                .isEqualTo("<MESSAGE <ROLE user ROLE> <TEXT Hi TEXT> MESSAGE> "
                        + "<MESSAGE <TOOL_CALL \"c\" TOOL_CALL> <TEXT 4 TEXT> MESSAGE>");
        assertThat(prompt(EMBEDDINGS, "{\"input\":[\"a\",\"b\"]}")).isEqualTo("<PROMPT a PROMPT> <PROMPT b PROMPT>");
        assertThat(request(EMBEDDINGS, "{\"input\":\"a\"}").maxOutputTokens()).isZero();
        var scan = Scans.scan(
                MESSAGES,
                "{\"system\":\"S\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"metadata\":{\"user_id\":\"u\"}}"
                        .getBytes(UTF_8));
        assertThat(scan.record())
                .containsExactly("S", "--", "<MESSAGE", "<ROLE", "user", "ROLE>", "<TEXT", "Hi", "TEXT>", "MESSAGE>");
        assertThat(scan.request().user()).isEqualTo("u");
    }

    @Test
    void theNotedFieldsAreRead() {
        Request request = request(CHAT_COMPLETIONS, """
                {"model":"org/m","stream":true,"stream_options":{"include_usage":true},"max_completion_tokens":77,
                "max_tokens":5,"min_tokens":3,"n":2,"best_of":4,"user":"u","cache_salt":"s","session_id":"x",
                "request_id":"r","priority":-3,"ignore_eos":true,"kv_transfer_params":{"do_remote_decode":true},
                "messages":[]}""");
        assertThat(request.model()).isEqualTo("org/m");
        assertThat(request.stream()).isTrue();
        assertThat(request.includeUsage()).isTrue();
        assertThat(request.maxOutputTokens()).isEqualTo(77);
        assertThat(request.minOutputTokens()).isEqualTo(3);
        assertThat(request.samples()).isEqualTo(4);
        assertThat(request.user()).isEqualTo("u");
        assertThat(request.cacheSalt()).isEqualTo("s");
        assertThat(request.sessionId()).isEqualTo("x");
        assertThat(request.requestId()).isEqualTo("r");
        assertThat(request.priority()).isEqualTo(-3);
        assertThat(request.ignoreEos()).isTrue();
        Request response =
                request(RESPONSES, "{\"previous_response_id\":\"p\",\"max_output_tokens\":6,\"input\":\"\"}");
        assertThat(response.previousResponseId()).isEqualTo("p");
        assertThat(response.maxOutputTokens()).isEqualTo(6);
    }

    @Test
    void rangesPointAtTheValuesAsTheyStand() {
        String body = "{ \"model\" : \"a\\\"b\" ,\"kv_transfer_params\": {\"x\":[1]} ,\"stream\":false,\"n\":3}";
        Request request = request(CHAT_COMPLETIONS, body);
        assertThat(cut(body, request.modelRange())).isEqualTo("\"a\\\"b\"");
        assertThat(cut(body, request.ranges().of(BodyField.KV_TRANSFER_PARAMS))).isEqualTo("{\"x\":[1]}");
        assertThat(cut(body, request.ranges().of(BodyField.STREAM))).isEqualTo("false");
        assertThat(cut(body, request.ranges().of(BodyField.N))).isEqualTo("3");
        assertThat(request.ranges().of(BodyField.USER)).isNull();
        assertThat(request.rootStart()).isEqualTo(1);
    }

    private static String cut(String body, @Nullable ByteRange range) {
        requireNonNull(range);
        return body.substring((int) range.start(), (int) range.end());
    }

    @Test
    void absentAndMistypedFieldsCountAsAbsent() {
        for (String body : new String[] {
            "{}",
            "{\"model\":5,\"stream\":\"yes\",\"max_tokens\":1.5,\"n\":[2],\"user\":{},\"priority\":\"1\"}",
            "{\"model\":null,\"stream\":null,\"max_tokens\":null,\"n\":null,\"user\":null,\"stream_options\":null}",
            "{\"model\":\"\"}"
        }) {
            Request request = request(CHAT_COMPLETIONS, body);
            assertThat(request.model()).as(body).isNull();
            assertThat(request.stream()).isFalse();
            assertThat(request.includeUsage()).isFalse();
            assertThat(request.maxOutputTokens()).isEqualTo(-1);
            assertThat(request.samples()).isEqualTo(1);
            assertThat(request.user()).isNull();
            assertThat(request.priority()).isZero();
        }
    }

    @Test
    void fieldsInsideOtherObjectsAreNotTheBodysOwn() {
        Request request = request(
                CHAT_COMPLETIONS,
                "{\"metadata\":{\"model\":\"x\",\"stream\":true},\"messages\":[{\"model\":\"y\",\"content\":\"\"}],"
                        + "\"extra\":[{\"n\":5}]}");
        assertThat(request.model()).isNull();
        assertThat(request.stream()).isFalse();
        assertThat(request.samples()).isEqualTo(1);
    }

    @Test
    void numbersBeyondAnySenseAreMovedIntoWhatCostsCanBeComputedWith() {
        Request request = request(
                CHAT_COMPLETIONS, "{\"max_tokens\":99999999999999999999999,\"priority\":-99999999999999999999999}");
        assertThat(request.maxOutputTokens()).isEqualTo(Request.MOST_OUTPUT_TOKENS);
        assertThat(request.priority()).isEqualTo(Integer.MIN_VALUE);
        assertThat(request(CHAT_COMPLETIONS, "{\"max_tokens\":-5,\"n\":0}").maxOutputTokens())
                .isEqualTo(-1);
        Request odd = request(
                CHAT_COMPLETIONS,
                "{\"min_tokens\":2147483647,\"n\":-2147483648,\"best_of\":99999999999,\"max_completion_tokens\":1e9,"
                        + "\"max_tokens\":0.5,\"seed\":-1e999,\"truncate_prompt_tokens\":-9223372036854775808}");
        assertThat(odd.minOutputTokens()).isEqualTo(Request.MOST_OUTPUT_TOKENS);
        assertThat(odd.samples()).isEqualTo(Request.MOST_SAMPLES);
        assertThat(odd.maxOutputTokens()).isEqualTo(-1);
        assertThat(odd.prompt().truncation()).isEqualTo(-1);
        assertThat(request(GENERATE, "{\"token_ids\":[1],\"sampling_params\":{\"max_tokens\":2147483648,\"n\":0}}")
                        .maxOutputTokens())
                .isEqualTo(Request.MOST_OUTPUT_TOKENS);
    }

    @Test
    void ofAListOfPromptsTheSumIsPricedAndTheLongestMustFit() {
        Request texts =
                request(EMBEDDINGS, "{\"input\":[\"" + "a".repeat(400) + "\",\"" + "b".repeat(800) + "\",\"c\"]}");
        assertThat(texts.promptTokens()).isEqualTo(301);
        assertThat(texts.longestPromptTokens()).isEqualTo(200);
        assertThat(texts.certainTokens()).isZero();
        Request ids = request(COMPLETIONS, "{\"prompt\":[[1,2,3],[4,5,6,7,8],[9]]}");
        assertThat(ids.promptTokens()).isEqualTo(9);
        assertThat(ids.longestPromptTokens()).isEqualTo(5);
        assertThat(ids.certainTokens()).isEqualTo(5);
        Request mixed = request(COMPLETIONS, "{\"prompt\":[\"" + "a".repeat(400) + "\",[1,2],[3,4,5]]}");
        assertThat(mixed.promptTokens()).isEqualTo(105);
        assertThat(mixed.longestPromptTokens()).isEqualTo(100);
        assertThat(mixed.certainTokens()).isEqualTo(3);
        assertThat(request(EMBEDDINGS, "{\"input\":[[1,2,3]]}").certainTokens())
                .as("engines may take an input in pieces")
                .isZero();
    }

    @Test
    void promptsThatAreToBeCutAreNoLongerThanThat() {
        String ids = "{\"prompt\":[[1,2,3],[4,5,6,7,8]],\"truncate_prompt_tokens\":";
        assertThat(request(COMPLETIONS, ids + "4}").longestPromptTokens()).isEqualTo(4);
        assertThat(request(COMPLETIONS, ids + "2}").promptTokens()).isEqualTo(4);
        assertThat(request(COMPLETIONS, ids + "2147483648}").promptTokens()).isEqualTo(8);
        assertThat(request(COMPLETIONS, ids + "4}").certainTokens()).isZero();
        assertThat(request(COMPLETIONS, ids + "-1}").longestPromptTokens()).isEqualTo(1);
        assertThat(request(COMPLETIONS, ids + "-1}").certainTokens()).isZero();
        assertThat(request(COMPLETIONS, ids + "null}").certainTokens()).isEqualTo(5);
        assertThat(request(
                                CHAT_COMPLETIONS,
                                "{\"truncate_prompt_tokens\":10,\"messages\":[{\"role\":\"user\",\"content\":\""
                                        + "x".repeat(999) + "\"}]}")
                        .promptTokens())
                .isEqualTo(10);
    }

    @Test
    void eachMessageCostsWhatTemplatesPutAroundIt() {
        String turn = "{\"role\":\"user\",\"content\":\"hi\"},{\"role\":\"assistant\",\"content\":\"yes?\"},";
        // 700 such messages are 4,206 tokens for an engine with ChatML's template
        Request request = request(CHAT_COMPLETIONS, "{\"messages\":[" + turn.repeat(350) + "{}]}");
        assertThat(request.prompt().messages()).isEqualTo(701);
        assertThat(request.promptTokens()).isBetween(3_800L, 4_600L);
    }

    @Test
    void ofDuplicateMembersTheLastWins() {
        String body = "{\"model\":\"a\",\"max_tokens\":5,\"stream\":true,\"stream_options\":{\"include_usage\":true},"
                + "\"messages\":[{\"role\":\"user\",\"content\":\"old\"}],\"model\":\"b\",\"max_tokens\":null,"
                + "\"stream\":false,\"stream_options\":{},\"messages\":[{\"role\":\"user\",\"content\":\"new one\"}]}";
        Request request = request(CHAT_COMPLETIONS, body);
        assertThat(request.model()).isEqualTo("b");
        assertThat(cut(body, request.modelRange())).isEqualTo("\"b\"");
        assertThat(request.maxOutputTokens()).isEqualTo(-1);
        assertThat(request.stream()).isFalse();
        assertThat(request.includeUsage()).isFalse();
        assertThat(request.prompt().bytes()).isEqualTo(11);
        assertThat(prompt(CHAT_COMPLETIONS, body)).isEqualTo("<MESSAGE <ROLE user ROLE> <TEXT new one TEXT> MESSAGE>");
        assertThat(prompt(COMPLETIONS, "{\"prompt\":[1,2],\"prompt\":null}")).isEmpty();
    }

    @Test
    void memberNamesMayBeEscaped() {
        assertThat(request(CHAT_COMPLETIONS, "{\"mod\\u0065l\":\"m\"}").model()).isEqualTo("m");
    }

    @Test
    void aPassthroughBodyIsReadWhereItIsJsonAndOpaqueElsewhere() {
        Request json = request(PASSTHROUGH, "{\"model\":\"rerank\",\"query\":\"q\"}");
        assertThat(json.model()).isEqualTo("rerank");
        assertThat(json.opaque()).isFalse();
        for (String body : new String[] {"", "--boundary\r\n", "[1]", "{\"model\":\"x\",", "{\"model\":\"x\"} {}"}) {
            Request request = request(PASSTHROUGH, body);
            assertThat(request.opaque()).as(body).isTrue();
            assertThat(request.model()).isNull();
            assertThat(request.bodyBytes()).isEqualTo(body.length());
        }
    }

    @Test
    void errorsTellTheOffsetAndStay() {
        var scanner = new BodyScanner();
        scanner.reset(CHAT_COMPLETIONS, new RecordingSink());
        byte[] body = "{\"model\":\"m\",}".getBytes(UTF_8);
        scanner.feed(body, 0, 5);
        var error = catchThrowableOfType(MalformedBodyException.class, () -> scanner.feed(body, 5, body.length - 5));
        assertThat(error.offset()).isEqualTo(13);
        assertThat(error.reason()).isEqualTo("unexpected '}' instead of a member name");
        assertThat(error.getStackTrace()).isEmpty();
        assertThatThrownBy(() -> scanner.feed(body, 0, 1)).isSameAs(error);
        assertThatThrownBy(scanner::finish).isSameAs(error);
        scanner.reset(CHAT_COMPLETIONS, new RecordingSink());
        scanner.feed(body, 0, 12);
        scanner.feed(body, 13, 1);
        scanner.finish();
        assertThat(scanner.request().model()).isEqualTo("m");
    }

    @Test
    void aBodyMustBeAnObject() {
        assertThatThrownBy(() -> request(CHAT_COMPLETIONS, "[1]"))
                .hasMessage("the body is not a JSON object at byte 0");
        assertThatThrownBy(() -> request(CHAT_COMPLETIONS, "  \"x\""))
                .hasMessage("the body is not a JSON object at byte 2");
        assertThatThrownBy(() -> request(CHAT_COMPLETIONS, "")).hasMessage("empty body at byte 0");
        assertThatThrownBy(() -> request(CHAT_COMPLETIONS, " ")).hasMessage("unexpected end of body at byte 1");
    }

    @Test
    void buffersOutsideTheHeapReadTheSame() {
        String body = "{\"messages\":[{\"role\":\"user\",\"content\":\"" + "é\\n".repeat(20_000)
                + "\"}],\"model\":\"m\",\"tools\":[\"" + "x".repeat(30_000) + "\"]}";
        byte[] bytes = body.getBytes(UTF_8);
        var direct = ByteBuffer.allocateDirect(bytes.length + 3).put(3, bytes).position(3);
        var sink = new RecordingSink();
        var scanner = new BodyScanner();
        scanner.reset(CHAT_COMPLETIONS, sink);
        scanner.feed(direct);
        scanner.finish();
        assertThat(direct.position()).isEqualTo(3);
        var heap = Scans.scan(CHAT_COMPLETIONS, bytes);
        assertThat(scanner.request()).isEqualTo(heap.request());
        assertThat(sink.record()).isEqualTo(heap.record());
    }

    @Test
    void memoryDoesNotGrowWithTheBody() {
        long few = allocated(20);
        long many = allocated(2000);
        assertThat(many - few).isLessThan(2048);
    }

    /** Bytes allocated to scan a body of some messages, when all classes are loaded. */
    private static long allocated(int messages) {
        byte[] body = ("{\"model\":\"m\",\"messages\":["
                        + "{\"role\":\"user\",\"content\":\"Line\\n\\u00e9 \\\"x\\\"\",\"tool_calls\":[{\"a\":[1,null]}]},"
                                .repeat(messages)
                        + "{}],\"tools\":[]}")
                .getBytes(UTF_8);
        var scanner = new BodyScanner();
        var sink = new PromptKeyer(1);
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long least = Long.MAX_VALUE;
        for (int round = 0; round < 20; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            sink.reset(KeySchemes.NONE);
            scanner.reset(CHAT_COMPLETIONS, sink);
            scanner.feed(body, 0, body.length);
            scanner.finish();
            scanner.request();
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        return least;
    }

    /** Engines take any length of them. */
    @ParameterizedTest
    @ValueSource(
            strings = {"user", "session_id", "request_id", "previous_response_id", "prompt_cache_key", "conversation"})
    void aStringThatIsTooLongToBeKeptCountsAsAbsent(String name) {
        for (int length : new int[] {2049, 5000, 100_000}) {
            var read = request(
                    RESPONSES, "{\"model\":\"m\",\"%s\":\"%s\",\"input\":\"hi\"}".formatted(name, "x".repeat(length)));
            assertThat(read.model()).isEqualTo("m");
            assertThat(read.user()).isNull();
            assertThat(read.sessionId()).isNull();
        }
    }

    @Test
    void saltsThatAreTooLongToBeKeptAreToldApart() {
        for (int length : new int[] {2048, 2049, 4096, 4097, 4104, 4105, 9000}) {
            String salt = "é" + "x".repeat(length);
            assertThat(salted(salt)).isNotNull().hasSizeLessThan(20).isEqualTo(salted("\\u00e9" + "x".repeat(length)));
            assertThat(salted("é" + "x".repeat(length - 1) + "y")).isNotNull().isNotEqualTo(salted(salt));
            assertThat(salted("éy" + "x".repeat(length - 1))).isNotEqualTo(salted(salt));
        }
    }

    /** The salt as it is kept, however the body comes in chunks. */
    private static @Nullable String salted(String salt) {
        byte[] body = "{\"model\":\"m\",\"cache_salt\":\"%s\",\"messages\":[]}"
                .formatted(salt)
                .getBytes(UTF_8);
        var scanner = new BodyScanner();
        var kept = new HashSet<@Nullable String>();
        for (int chunk : new int[] {body.length, 1, 7, 1000}) {
            scanner.reset(CHAT_COMPLETIONS, PromptSink.NONE);
            for (int i = 0; i < body.length; i += chunk) {
                scanner.feed(body, i, Math.min(chunk, body.length - i));
            }
            scanner.finish();
            kept.add(scanner.request().cacheSalt());
        }
        assertThat(kept).hasSize(1);
        return kept.iterator().next();
    }

    @Test
    void limitsAreEnforcedWithTheOffset() {
        var limits = new ScanLimits(3, 5, 8, 4);
        assertThat(limited(limits, "{\"a\":[[1]]}")).isNull();
        assertThat(limited(limits, "{\"a\":[[[1]]]}")).isEqualTo("nested deeper than 3 at byte 7");
        assertThat(limited(limits, "{\"a\":12345}")).isNull();
        assertThat(limited(limits, "{\"a\":123456}")).isEqualTo("a number is longer than 5 bytes at byte 5");
        assertThat(limited(limits, "{\"12345678\":1}")).isNull();
        assertThat(limited(limits, "{\"123456789\":1}")).isEqualTo("a member name is longer than 8 bytes at byte 1");
        assertThat(limited(limits, "{\"model\":\"1234\"}")).isNull();
        assertThat(limited(limits, "{\"model\":\"12345\"}")).isEqualTo("\"model\" is longer than 4 bytes at byte 9");
        assertThat(limited(ScanLimits.DEFAULT, "{\"model\":\"" + "m".repeat(1_000_000) + "\"}"))
                .isEqualTo("\"model\" is longer than 2048 bytes at byte 9");
        assertThat(limited(ScanLimits.DEFAULT, "{\"x\":" + "[".repeat(999) + "]".repeat(999) + "}"))
                .isNull();
        assertThat(limited(ScanLimits.DEFAULT, "{\"x\":" + "[".repeat(1000) + "]".repeat(1000) + "}"))
                .isEqualTo("nested deeper than 1000 at byte 1004");
    }

    private static @Nullable String limited(ScanLimits limits, String body) {
        try {
            byte[] bytes = body.getBytes(UTF_8);
            Scans.scan(new BodyScanner(limits), CHAT_COMPLETIONS, bytes, bytes.length);
            return null;
        } catch (MalformedBodyException e) {
            return e.getMessage();
        }
    }

    @Test
    void doorsAddTheModelAndWhatHeadersSay() {
        Request request = request(CHAT_COMPLETIONS, "{\"session_id\":\"body\",\"request_id\":\"r\"}");
        Request changed = request.withModel("m")
                .withHeaders(RequestHeaders.NONE.withSessionId("header").withSlo(0.5, 0.02));
        assertThat(changed.model()).isEqualTo("m");
        assertThat(changed.sessionId()).isEqualTo("header");
        assertThat(changed.requestId()).isEqualTo("r");
        assertThat(changed.headers().ttftSlo()).isEqualTo(0.5);
        for (double odd : new double[] {0, -1, 1e300, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Double.NaN}) {
            assertThat(RequestHeaders.NONE.withSlo(odd, odd)).isEqualTo(RequestHeaders.NONE);
        }
        assertThat(request.model()).isNull();
        assertThat(request.sessionId()).isEqualTo("body");
    }
}
