package io.kvasir.prefix;

import static io.kvasir.request.Dialect.CHAT_COMPLETIONS;
import static io.kvasir.request.Dialect.MESSAGES;
import static io.kvasir.request.Dialect.RESPONSES;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.request.BodyScanner;
import io.kvasir.request.Dialect;
import io.kvasir.request.PromptCounts;
import io.kvasir.request.Request;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What engines render alike has the same keys, whatever dialect it comes in; what they drop is in no key. */
class KeysOfDialectsTest {
    private static final String SYSTEM = "You are terse. Answer in one word where you can. ".repeat(12);
    private static final String QUESTION = "How many tokens fit into a block of sixty-four bytes? ".repeat(9);
    private static final String ANSWER = "Sixteen, as far as anybody has counted them. ".repeat(7);
    private static final String AGAIN = "And into two? ".repeat(30);
    private static final String EPHEMERAL = ",\"cache_control\":{\"type\":\"ephemeral\"}";
    private static final String BILLING =
            "{\"type\":\"text\",\"text\":\"x-anthropic-billing-header: cc_version=2.1.197.3af; cc_entrypoint=cli; cch=%s;\"}";

    private final BodyScanner scanner = new BodyScanner();
    private final PromptKeyer keyer = new PromptKeyer();

    private static String message(String role, String text) {
        return "{\"role\":\"" + role + "\",\"content\":\"" + text + "\"}";
    }

    private static String parts(String role, String type, String text) {
        return "{\"role\":\"" + role + "\",\"content\":[" + block(type, text) + "]}";
    }

    private static String block(String type, String text) {
        return "{\"type\":\"" + type + "\",\"text\":\"" + text + "\"}";
    }

    private static String body(String... members) {
        return "{" + String.join(",", members) + "}";
    }

    private static String list(String name, String... elements) {
        return "\"" + name + "\":[" + String.join(",", elements) + "]";
    }

    @Test
    void theSameConversationSharesAllKeysInEveryDialect() {
        String turns = message("user", QUESTION) + "," + message("assistant", ANSWER) + "," + message("user", AGAIN);
        long[] chat = keys(CHAT_COMPLETIONS, body(list("messages", message("system", SYSTEM), turns)));
        assertThat(chat).hasSizeGreaterThan(25);

        for (String other : List.of(
                body(list("messages", message("developer", SYSTEM), turns)),
                body(list("messages", parts("system", "text", SYSTEM), turns)),
                body(list(
                        "messages",
                        "{\"content\":\"" + SYSTEM + "\",\"role\":\"system\"}",
                        parts("user", "text", QUESTION),
                        "{\"content\":\"" + ANSWER + "\",\"role\":\"assistant\"}",
                        message("user", AGAIN))))) {
            assertThat(keys(CHAT_COMPLETIONS, other)).as(other).isEqualTo(chat);
        }
        for (String other : List.of(
                body("\"system\":\"" + SYSTEM + "\"", list("messages", turns)),
                body(list("messages", turns), "\"system\":\"" + SYSTEM + "\""),
                body(list("messages", turns), list("system", block("text", SYSTEM))),
                body(
                        list("system", block("text", SYSTEM.substring(0, 90)), block("text", SYSTEM.substring(90))),
                        list(
                                "messages",
                                parts("user", "text", QUESTION),
                                parts("assistant", "text", ANSWER),
                                message("user", AGAIN))))) {
            assertThat(keys(MESSAGES, other)).as(other).isEqualTo(chat);
        }
        for (String other : List.of(
                body("\"instructions\":\"" + SYSTEM + "\"", list("input", turns)),
                body(list("input", turns), "\"instructions\":\"" + SYSTEM + "\""),
                body(list(
                        "input",
                        parts("developer", "input_text", SYSTEM),
                        parts("user", "input_text", QUESTION),
                        parts("assistant", "output_text", ANSWER),
                        message("user", AGAIN))))) {
            assertThat(keys(RESPONSES, other)).as(other).isEqualTo(chat);
        }
    }

    @Test
    void theSameToolsShareTheirKeysInEveryDialect() {
        String named = "\"name\":\"look_up\",\"description\":\"" + ANSWER + "\",";
        String schema = "{\"type\":\"object\",\"properties\":{\"type\":{\"type\":\"string\"}}}";
        String messages = list("messages", message("system", SYSTEM), message("user", QUESTION));
        String function = "{" + named + "\"parameters\":" + schema;
        long[] chat = keys(
                CHAT_COMPLETIONS,
                body(list("tools", "{\"type\":\"function\",\"function\":" + function + "}}"), messages));
        assertThat(chat)
                .isNotEqualTo(keys(CHAT_COMPLETIONS, body(messages)))
                .isEqualTo(keys(
                        CHAT_COMPLETIONS,
                        body(
                                messages,
                                list(
                                        "tools",
                                        " { \"function\" : " + function
                                                + ",\"strict\":true} ,\"type\":\"function\"} "))))
                .isEqualTo(keys(
                        MESSAGES,
                        body(
                                list("tools", "{" + named + "\"input_schema\":" + schema + EPHEMERAL + "}"),
                                "\"system\":\"" + SYSTEM + "\"",
                                list("messages", message("user", QUESTION)))))
                .isEqualTo(keys(
                        RESPONSES,
                        body(
                                "\"instructions\":\"" + SYSTEM + "\",\"input\":\"" + QUESTION + "\"",
                                list(
                                        "tools",
                                        "{\"type\":\"function\",\"strict\":false," + function.substring(1) + "}"))));
    }

    @Test
    void aBareInputIsAMessageOfTheUser() {
        String bare = "\"input\":\"" + QUESTION + "\"";
        assertThat(keys(RESPONSES, body(bare)))
                .isEqualTo(keys(CHAT_COMPLETIONS, body(list("messages", message("user", QUESTION)))))
                .isEqualTo(keys(MESSAGES, body(list("messages", message("user", QUESTION)))));
        assertThat(keys(RESPONSES, body(bare, "\"instructions\":\"" + SYSTEM + "\"")))
                .isEqualTo(keys(
                        CHAT_COMPLETIONS,
                        body(list("messages", message("system", SYSTEM), message("user", QUESTION)))));
        assertThat(request(RESPONSES, body(bare)).promptTokens())
                .isEqualTo(request(CHAT_COMPLETIONS, body(list("messages", message("user", QUESTION))))
                        .promptTokens());
    }

    @Test
    void anotherSystemPromptSharesItsBeginningAndNothingBehind() {
        String other = SYSTEM.substring(0, 200) + "Be verbose." + SYSTEM.substring(200);
        long[] one =
                keys(CHAT_COMPLETIONS, body(list("messages", message("system", SYSTEM), message("user", QUESTION))));
        long[] two =
                keys(CHAT_COMPLETIONS, body(list("messages", message("system", other), message("user", QUESTION))));
        assertThat(Arrays.mismatch(one, two)).isEqualTo(3);
        assertThat(Arrays.stream(one).skip(3))
                .doesNotContainAnyElementsOf(Arrays.stream(two).boxed().toList());
        long[] none = keys(CHAT_COMPLETIONS, body(list("messages", message("user", QUESTION))));
        assertThat(Arrays.stream(one).boxed())
                .doesNotContainAnyElementsOf(Arrays.stream(none).boxed().toList());
    }

    @Test
    void theChangingBlockOfCodingAgentsIsInNoKey() {
        String system = block("text", SYSTEM);
        String messages = list("messages", message("user", QUESTION));
        long[] without = keys(MESSAGES, body(list("system", system), messages));
        for (String cch : List.of("1a2b3", "fffff", "")) {
            String with = body(list("system", BILLING.formatted(cch), system), messages);
            assertThat(keys(MESSAGES, with)).isEqualTo(without);
            assertThat(request(MESSAGES, with).promptTokens())
                    .isEqualTo(request(MESSAGES, body(list("system", system), messages))
                            .promptTokens());
            for (int chunk = 1; chunk < 60; chunk++) {
                assertThat(keys(MESSAGES, with, chunk)).isEqualTo(without);
            }
            assertThat(keys(MESSAGES, body(messages, list("system", system, BILLING.formatted(cch)))))
                    .isEqualTo(without);
        }
        assertThat(keys(MESSAGES, body(list("system", BILLING.formatted("a")), messages)))
                .as("nothing else: no system prompt")
                .isEqualTo(keys(MESSAGES, body(messages)));
    }

    @Test
    void theChangingBlockInsideASystemMessageIsInNoKeyEither() {
        String inline = "{\"role\":\"system\",\"content\":[" + BILLING + "," + block("text", SYSTEM) + "]}";
        assertThat(keys(MESSAGES, body(list("messages", message("user", QUESTION), inline.formatted("1")))))
                .isEqualTo(keys(MESSAGES, body(list("messages", message("user", QUESTION), inline.formatted("22")))));
    }

    @Test
    void whatEnginesDoNotDropIsKeyed() {
        String messages = list("messages", message("user", QUESTION));
        for (String text : List.of(
                "x-anthropic-billing-head", "x-anthropic-billing-headeR: 1", " x-anthropic-billing-header", "x")) {
            assertThat(keys(MESSAGES, body(list("system", block("text", text)), messages)))
                    .as(text)
                    .isEqualTo(keys(
                            CHAT_COMPLETIONS,
                            body(list("messages", message("system", text), message("user", QUESTION)))));
        }
        String user = "{\"role\":\"user\",\"content\":[" + BILLING + "," + block("text", QUESTION) + "]}";
        assertThat(keys(MESSAGES, body(list("messages", user.formatted("1")))))
                .isNotEqualTo(keys(MESSAGES, body(list("messages", user.formatted("2")))));
        String system = "{\"role\":\"system\",\"content\":[" + BILLING + "]}";
        assertThat(keys(CHAT_COMPLETIONS, body(list("messages", system.formatted("1"), message("user", QUESTION)))))
                .as("the chat API of engines drops nothing")
                .isNotEqualTo(keys(
                        CHAT_COMPLETIONS, body(list("messages", system.formatted("2"), message("user", QUESTION)))));
    }

    @Test
    void marksForACacheChangeNoKey() {
        String marked = body(
                "\"system\":[{\"type\":\"text\",\"text\":\"" + SYSTEM + "\"#}]",
                "\"tools\":[{\"name\":\"f\",\"description\":\"" + QUESTION
                        + "\",\"input_schema\":{\"type\":\"object\"}},"
                        + "{\"name\":\"g\"#,\"input_schema\":{\"properties\":{\"cache_control\":{\"type\":\"string\"}}}}]",
                "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"" + QUESTION + "\"#}]},"
                        + "{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{}#}]},"
                        + "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t\"#,"
                        + "\"content\":[{\"type\":\"text\",\"text\":\"" + ANSWER
                        + "\"#}]},{\"type\":\"text\",\"text\":\"" + AGAIN
                        + "\"#}]}]");
        long[] plain = keys(MESSAGES, marked.replace("#", ""));
        assertThat(plain).hasSizeGreaterThan(30);
        assertThat(keys(MESSAGES, marked.replace("#", EPHEMERAL))).isEqualTo(plain);
        for (int at = marked.indexOf('#'); at >= 0; at = marked.indexOf('#', at + 1)) {
            String one = (marked.substring(0, at) + EPHEMERAL + marked.substring(at + 1)).replace("#", "");
            assertThat(keys(MESSAGES, one)).isEqualTo(plain);
        }
        assertThat(keys(
                        MESSAGES,
                        marked.replace("#", "").replace("{\"name\":\"g\"", "{\"cache_control\":null,\"name\":\"g\"")))
                .isEqualTo(plain);
        assertThat(keys(MESSAGES, marked.replace("#", "").replace("\"cache_control\":{\"type\":\"string\"}", "")))
                .as("a parameter of that name is the tool's own")
                .isNotEqualTo(plain);
    }

    @Test
    void whatDoesNotReachThePromptChangesNoKey() {
        String messages = list("messages", message("user", QUESTION));
        long[] plain = keys(CHAT_COMPLETIONS, body(messages));
        for (String member : List.of(
                "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"a\"}}",
                "\"guided_json\":{\"type\":\"object\"}",
                "\"structured_outputs\":{\"regex\":\"a*\"}",
                "\"metadata\":{\"trace\":\"17\"}",
                "\"seed\":7",
                "\"user\":\"u\"",
                "\"request_id\":\"r\"",
                "\"tools\":[]",
                "\"tools\":null",
                "\"chat_template_kwargs\":{}",
                "\"stop\":[\"x\"]")) {
            assertThat(keys(CHAT_COMPLETIONS, body(member, messages)))
                    .as(member)
                    .isEqualTo(plain);
        }
        assertThat(keys(
                        RESPONSES,
                        body(list("input", message("user", QUESTION)), "\"reasoning\":{\"summary\":\"auto\"}")))
                .isEqualTo(plain);
        assertThat(keys(
                        RESPONSES,
                        body(list("input", message("user", QUESTION)), "\"reasoning\":{\"effort\":\"low\"}")))
                .isEqualTo(keys(CHAT_COMPLETIONS, body(messages, "\"reasoning_effort\":\"low\"")))
                .isEqualTo(keys(MESSAGES, body(messages, "\"output_config\":{\"effort\":\"low\"}")))
                .isNotEqualTo(plain);
    }

    @Test
    void picturesAreMediaWhereverTheyStand() {
        String base64 = "iVBORw0KGgo".repeat(30_000);
        String source = "{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\""
                + base64 + "\"}}";
        String result = "{\"type\":\"tool_result\",\"tool_use_id\":\"t\",\"content\":";
        String data = "\"data:image/png;base64," + base64 + "\"";
        for (Request request : List.of(
                request(MESSAGES, user(source)),
                request(MESSAGES, user(result + "[" + source + "]}")),
                request(MESSAGES, user(result + "[" + block("text", "see") + "," + source + "]}")),
                request(MESSAGES, user(result + source + "}")),
                request(
                        MESSAGES,
                        user("{\"type\":\"document\",\"source\":{\"type\":\"base64\",\"data\":\"" + base64 + "\"}}")),
                request(CHAT_COMPLETIONS, user("{\"type\":\"image_url\",\"image_url\":{\"url\":" + data + "}}")),
                request(
                        CHAT_COMPLETIONS,
                        user("{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"" + base64
                                + "\",\"format\":\"wav\"}}")),
                request(CHAT_COMPLETIONS, user("{\"type\":\"file\",\"file\":{\"file_data\":" + data + "}}")),
                request(
                        RESPONSES,
                        user("{\"type\":\"input_image\",\"image_url\":" + data + "}")
                                .replace("messages", "input")),
                request(
                        RESPONSES,
                        "{\"input\":[{\"type\":\"function_call_output\",\"call_id\":\"c\",\"output\":["
                                + "{\"type\":\"input_image\",\"image_url\":" + data + "}]}]}"),
                request(
                        RESPONSES,
                        "{\"input\":[{\"type\":\"computer_call_output\",\"call_id\":\"c\",\"output\":"
                                + "{\"type\":\"computer_screenshot\",\"image_url\":" + data + "}}]}"))) {
            assertThat(request.prompt().mediaParts()).isEqualTo(1);
            assertThat(request.promptTokens())
                    .isBetween((long) PromptCounts.MEDIA_TOKENS, PromptCounts.MEDIA_TOKENS + 20L);
        }
    }

    private static String user(String part) {
        return body(list("messages", "{\"role\":\"user\",\"content\":[" + part + "]}"));
    }

    private Request request(Dialect dialect, String body) {
        keys(dialect, body);
        return scanner.request();
    }

    private long[] keys(Dialect dialect, String body) {
        return keys(dialect, body, Integer.MAX_VALUE);
    }

    private long[] keys(Dialect dialect, String body, int chunk) {
        return KeyedPrompts.ofBody(scanner, keyer, dialect, body, chunk);
    }
}
