package io.kvasir.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.sim.http.EngineDialect;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class SglangDialectTest {
    private static final String CHAT = "/v1/chat/completions";
    private static SimulatedPool pool;
    private static SimClient client;

    @BeforeAll
    static void start() throws Exception {
        pool = SimulatedPool.builder()
                .pool("mi300x=1")
                .timeScale(10)
                .dialect(EngineDialect.SGLANG)
                .start();
        client = new SimClient(pool.endpoints().getFirst());
    }

    @AfterAll
    static void stop() {
        pool.close();
    }

    @Test
    void aPageOfOneTokenCachesAllButTheLastToken() throws Exception {
        var request = "{\"messages\":[{\"role\":\"user\",\"content\":\"" + "z".repeat(500) + "\"}],\"max_tokens\":1}";
        var first = client.json(client.post(CHAT, request));
        var second = client.json(client.post(CHAT, request));

        assertThat(second.at("/usage/prompt_tokens_details/cached_tokens").asInt())
                .isEqualTo(first.at("/usage/prompt_tokens").asInt() - 1);
        assertThat(second.at("/choices/0").has("matched_stop")).isTrue();
    }

    @Test
    void streamsAreInItsShape() throws Exception {
        var events = client.events(client.post(
                CHAT,
                "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"max_tokens\":3,\"ignore_eos\":true,"
                        + "\"stream\":true,\"stream_options\":{\"include_usage\":true}}"));

        assertThat(events).hasSize(6).last().isEqualTo("[DONE]");
        for (var event : events.subList(0, 5)) {
            assertThat(SimClient.JSON.readTree(event).has("usage")).isTrue();
        }
        assertThat(SimClient.JSON
                        .readTree(events.get(3))
                        .at("/choices/0/finish_reason")
                        .asText())
                .isEqualTo("length");
        assertThat(SimClient.JSON
                        .readTree(events.get(4))
                        .at("/usage/completion_tokens")
                        .asInt())
                .isEqualTo(3);
    }

    @Test
    void modelInfoAndMetricsHaveItsNames() throws Exception {
        assertThat(client.json(client.get("/get_model_info")).path("model_path").asText())
                .isEqualTo(SimulatedPool.DEFAULT_MODEL);
        assertThat(client.json(client.get("/v1/models")).at("/data/0/owned_by").asText())
                .isEqualTo("sglang");
        var page = client.get("/metrics").body();
        for (var family : new String[] {
            "sglang:num_running_reqs",
            "sglang:num_queue_reqs",
            "sglang:token_usage",
            "sglang:kv_evictable_tokens",
            "sglang:cache_hit_rate",
            "sglang:prompt_tokens_total",
            "sglang:time_to_first_token_seconds_bucket"
        }) {
            assertThat(client.metric(family + "{")).isGreaterThanOrEqualTo(0);
        }
        assertThat(page).contains("sglang:cache_config_info{num_pages=").contains("page_size=\"1\"");
        assertThat(page).doesNotContain("vllm:");
    }

    @Test
    void itsOwnWayToGenerateTakesTextAndTokensAndStreams() throws Exception {
        var answer = client.json(client.post(
                "/generate", "{\"text\":\"hello\",\"sampling_params\":{\"max_new_tokens\":3,\"ignore_eos\":true}}"));
        assertThat(answer.path("text").asText()).hasSize(12);
        assertThat(answer.at("/meta_info/finish_reason/type").asText()).isEqualTo("length");
        assertThat(answer.at("/meta_info/completion_tokens").asInt()).isEqualTo(3);
        var events = client.events(client.post(
                "/generate", "{\"input_ids\":[1,2,3],\"stream\":true,\"sampling_params\":{\"max_new_tokens\":3}}"));
        assertThat(events).last().isEqualTo("[DONE]");
        assertThat(SimClient.JSON
                        .readTree(events.get(events.size() - 2))
                        .at("/meta_info/prompt_tokens")
                        .asInt())
                .isEqualTo(3);
    }

    @Test
    void itsErrorsAreFlatAndSpeakOfTheContextInItsWords() throws Exception {
        var tooLong = "x".repeat(8_000_000);
        var chat = client.post(CHAT, "{\"messages\":[{\"role\":\"user\",\"content\":\"" + tooLong + "\"}]}");
        assertThat(chat.statusCode()).isEqualTo(400);
        assertThat(client.json(chat).path("object").asText()).isEqualTo("error");
        assertThat(client.json(chat).path("message").asText()).contains("longer than the model's context length");
        var own = client.post("/generate", "{\"text\":\"" + tooLong + "\"}");
        assertThat(own.statusCode()).isEqualTo(400);
        assertThat(client.json(own).at("/error/message").asText()).contains("longer than the model's context length");
    }
}
