package io.kvasir.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class VllmDialectTest {
    private static final String CHAT = "/v1/chat/completions";
    private static SimulatedPool pool;
    private static SimClient client;

    @BeforeAll
    static void start() throws Exception {
        pool = SimulatedPool.builder()
                .pool("h200=1,h100-mig-1g=1")
                .timeScale(10)
                .eventLoops(1)
                .start();
        client = new SimClient(pool.endpoints().getFirst());
    }

    @AfterAll
    static void stop() {
        pool.close();
    }

    private static String chat(String content, String more) {
        return "{\"messages\":[{\"role\":\"user\",\"content\":\"" + content + "\"}]" + more + "}";
    }

    @Test
    void aStreamHasOneEventPerTokenBetweenTheRoleAndTheUsage() throws Exception {
        var answer = client.post(
                CHAT,
                chat(
                        "one",
                        ",\"stream\":true,\"max_tokens\":5,\"ignore_eos\":true,"
                                + "\"stream_options\":{\"include_usage\":true}"));

        var events = client.events(answer);
        assertThat(answer.headers().firstValue("content-type")).hasValue("text/event-stream; charset=utf-8");
        assertThat(events).hasSize(8).last().isEqualTo("[DONE]");
        var first = SimClient.JSON.readTree(events.getFirst());
        assertThat(first.at("/choices/0/delta/role").asText()).isEqualTo("assistant");
        assertThat(first.path("object").asText()).isEqualTo("chat.completion.chunk");
        var last = SimClient.JSON.readTree(events.get(5));
        assertThat(last.at("/choices/0/finish_reason").asText()).isEqualTo("length");
        assertThat(last.at("/choices/0/delta/content").asText()).hasSize(4);
        var usage = SimClient.JSON.readTree(events.get(6));
        assertThat(usage.path("choices")).isEmpty();
        assertThat(usage.at("/usage/completion_tokens").asInt()).isEqualTo(5);
    }

    @Test
    void aRepeatedPromptHitsTheCacheForAllItsFullBlocksButTheLastToken() throws Exception {
        var request = chat("x".repeat(4000), ",\"max_tokens\":2");
        var first = client.json(client.post(CHAT, request));
        var second = client.json(client.post(CHAT, request));

        int prompt = first.at("/usage/prompt_tokens").asInt();
        assertThat(first.at("/usage/prompt_tokens_details/cached_tokens").asInt())
                .isLessThan(17);
        assertThat(second.at("/usage/prompt_tokens_details/cached_tokens").asInt())
                .isEqualTo((prompt - 1) / 16 * 16);
        assertThat(second.at("/choices/0/message")).isEqualTo(first.at("/choices/0/message"));
    }

    @Test
    void anAnswerSentBackInTheNextTurnHitsTheCache() throws Exception {
        var question = "{\"role\":\"user\",\"content\":\"" + "q".repeat(99) + "\"}";
        var first = client.json(
                client.post(CHAT, "{\"messages\":[" + question + "],\"max_tokens\":200,\"ignore_eos\":true}"));
        var answer = first.at("/choices/0/message/content").asText();
        var second = client.json(client.post(
                CHAT,
                "{\"messages\":[" + question + ",{\"role\":\"assistant\",\"content\":\"" + answer
                        + "\"},{\"role\":\"user\",\"content\":\"go on\"}],\"max_tokens\":1}"));

        // the last generated token was never computed
        int known = first.at("/usage/prompt_tokens").asInt() + 199;
        assertThat(second.at("/usage/prompt_tokens_details/cached_tokens").asInt())
                .isEqualTo(known / 16 * 16);
    }

    @Test
    void completionsTakeTextListsAndTokenIds() throws Exception {
        var text = client.json(client.post("/v1/completions", "{\"prompt\":\"hello\",\"max_tokens\":3}"));
        assertThat(text.path("object").asText()).isEqualTo("text_completion");
        var ids = client.json(
                client.post("/v1/completions", "{\"prompt\":[5,6,7],\"max_tokens\":3,\"ignore_eos\":true,\"n\":2}"));
        assertThat(ids.at("/usage/prompt_tokens").asInt()).isEqualTo(3);
        assertThat(ids.path("choices")).hasSize(2);
        assertThat(ids.at("/choices/0/text")).isNotEqualTo(ids.at("/choices/1/text"));
        var list = client.json(client.post("/v1/completions", "{\"prompt\":[\"a\",[1,2],\"c\"],\"max_tokens\":1}"));
        assertThat(list.path("choices")).hasSize(3);
        assertThat(list.at("/choices/2/index").asInt()).isEqualTo(2);
    }

    @Test
    void outputLengthIsExactWithIgnoreEosAndAtLeastMinTokensWithout() throws Exception {
        for (int i = 0; i < 10; i++) {
            var answer = client.json(client.post(CHAT, chat("length " + i, ",\"max_tokens\":20,\"min_tokens\":17")));
            int tokens = answer.at("/usage/completion_tokens").asInt();
            assertThat(tokens).isBetween(17, 20);
            assertThat(answer.at("/choices/0/finish_reason").asText()).isEqualTo(tokens == 20 ? "length" : "stop");
            assertThat(answer.at("/choices/0/message/content").asText()).hasSize(4 * tokens);
        }
    }

    @Test
    void aDemandedToolIsCalledWithArgumentsOfItsSchema() throws Exception {
        var tools = ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"weather\",\"parameters\":{"
                + "\"type\":\"object\",\"required\":[\"city\",\"days\"],\"properties\":{\"city\":{\"type\":"
                + "\"string\"},\"days\":{\"type\":\"integer\"}}}}}],\"tool_choice\":\"required\"";
        var call = client.json(client.post(CHAT, chat("rain?", tools))).at("/choices/0");
        assertThat(call.path("finish_reason").asText()).isEqualTo("tool_calls");
        assertThat(call.at("/message/tool_calls/0/function/name").asText()).isEqualTo("weather");
        var arguments = call.at("/message/tool_calls/0/function/arguments").asText();
        assertThat(SimClient.JSON.readTree(arguments).path("days").asInt()).isEqualTo(1);

        var streamed = client.events(client.post(CHAT, chat("rain?", tools + ",\"stream\":true")));
        var joined = new StringBuilder();
        for (var event : streamed.subList(0, streamed.size() - 1)) {
            joined.append(SimClient.JSON
                    .readTree(event)
                    .at("/choices/0/delta/tool_calls/0/function/arguments")
                    .asText());
        }
        assertThat(joined).hasToString(arguments);
    }

    @Test
    void errorsLookLikeVllms() throws Exception {
        var unknown = client.post(CHAT, chat("x", ",\"model\":\"nobody\""));
        assertThat(unknown.statusCode()).isEqualTo(404);
        assertThat(client.json(unknown).at("/error/type").asText()).isEqualTo("NotFoundError");
        assertThat(client.json(unknown).at("/error/param").asText()).isEqualTo("model");
        var malformed = client.post(CHAT, "{\"messages\": oops}");
        assertThat(malformed.statusCode()).isEqualTo(400);
        assertThat(client.json(malformed).at("/error/param").asText()).startsWith("body.");
        assertThat(client.post(CHAT, "{\"messages\":[]}").statusCode()).isEqualTo(400);
        assertThat(client.post(CHAT, chat("x", ",\"max_tokens\":0")).statusCode())
                .isEqualTo(400);
        assertThat(client.post(CHAT, "[1]").statusCode()).isEqualTo(400);
        assertThat(client.get("/nowhere").statusCode()).isEqualTo(404);
        assertThat(client.get(CHAT).statusCode()).isEqualTo(405);

        var small = new SimClient(pool.endpoints().get(1));
        var tooLong = small.post(CHAT, chat("y".repeat(20_000), ""));
        assertThat(tooLong.statusCode()).isEqualTo(400);
        assertThat(small.json(tooLong).at("/error/param").asText()).isEqualTo("input_tokens");
        var noRoom = small.post(CHAT, chat("y".repeat(12_000), ",\"max_tokens\":2000"));
        assertThat(small.json(noRoom).at("/error/param").asText()).isEqualTo("max_tokens");
    }

    @Test
    void modelsHealthAndVersionAnswer() throws Exception {
        var models = client.json(client.get("/v1/models"));
        assertThat(models.at("/data/0/id").asText()).isEqualTo(SimulatedPool.DEFAULT_MODEL);
        assertThat(models.at("/data/0/max_model_len").asInt()).isEqualTo(131072);
        assertThat(client.get("/health").statusCode()).isEqualTo(200);
        assertThat(client.get("/ping").statusCode()).isEqualTo(200);
        assertThat(client.json(client.get("/version")).path("version").asText()).isEqualTo("0.32.0");
    }

    @Test
    void metricsHaveTheFamiliesThatRoutersRead() throws Exception {
        client.post(CHAT, chat("count me", ",\"max_tokens\":3,\"ignore_eos\":true"));
        var page = client.get("/metrics").body();
        var families = page.lines()
                .filter(l -> l.startsWith("# TYPE "))
                .map(l -> l.split(" ", -1)[2])
                .collect(Collectors.toSet());
        assertThat(families)
                .contains(
                        "vllm:num_requests_running",
                        "vllm:num_requests_waiting",
                        "vllm:num_requests_waiting_by_reason",
                        "vllm:kv_cache_usage_perc",
                        "vllm:engine_sleep_state",
                        "vllm:cache_config_info",
                        "vllm:prefix_cache_queries_total",
                        "vllm:prefix_cache_hits_total",
                        "vllm:prompt_tokens_by_source_total",
                        "vllm:request_success_total",
                        "vllm:time_to_first_token_seconds",
                        "vllm:inter_token_latency_seconds");
        var seen = new HashSet<String>();
        page.lines().filter(l -> !l.startsWith("#")).forEach(line -> {
            assertThat(line).matches("[a-z0-9:_]+(\\{([a-z_]+=\"[^\"]*\",?)+\\})? [-+0-9.Ee]+");
            assertThat(seen.add(line.substring(0, line.lastIndexOf(' ')))).isTrue();
        });
        assertThat(page.length()).isBetween(12_000, 20_000);
        assertThat(client.metric("vllm:generation_tokens_total{")).isGreaterThanOrEqualTo(3);
        assertThat(client.metric("vllm:kv_cache_usage_perc{")).isBetween(0.0, 1.0);
    }

    @Test
    void aRequestIdIsHonoured() throws Exception {
        var request = client.streaming(CHAT, chat("id", ",\"max_tokens\":1"))
                .header("x-request-id", "abc-1")
                .build();
        var answer = client.http().send(request, java.net.http.HttpResponse.BodyHandlers.ofString());
        assertThat(client.json(answer).path("id").asText()).isEqualTo("chatcmpl-abc-1");
        assertThat(answer.headers().firstValue("x-request-id")).hasValue("abc-1");
    }
}
