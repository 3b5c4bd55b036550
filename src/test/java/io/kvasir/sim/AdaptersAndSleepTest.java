package io.kvasir.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class AdaptersAndSleepTest {
    private static final String COMPLETIONS = "/v1/completions";
    private static SimulatedPool pool;
    private static SimClient client;

    @BeforeAll
    static void start() throws Exception {
        pool = SimulatedPool.builder()
                .pool("h100=1")
                .timeScale(10)
                .adapters(List.of("sql"))
                .start();
        client = new SimClient(pool.endpoints().getFirst());
    }

    @AfterAll
    static void stop() {
        pool.close();
    }

    private static int cached(String model, String prompt) throws Exception {
        var answer = client.post(
                COMPLETIONS, "{\"model\":\"" + model + "\",\"prompt\":\"" + prompt + "\",\"max_tokens\":1}");
        assertThat(answer.statusCode()).isEqualTo(200);
        return client.json(answer)
                .at("/usage/prompt_tokens_details/cached_tokens")
                .asInt();
    }

    @Test
    void adaptersLoadAndUnloadAtRunTime() throws Exception {
        var load = "{\"lora_name\":\"legal\",\"lora_path\":\"/x/legal\"}";
        assertThat(client.post("/v1/load_lora_adapter", load).statusCode()).isEqualTo(200);
        assertThat(client.post("/v1/load_lora_adapter", load).statusCode()).isEqualTo(400);
        var models = client.json(client.get("/v1/models")).path("data");
        assertThat(models).hasSize(3);
        assertThat(models.at("/2/id").asText()).isEqualTo("legal");
        assertThat(models.at("/2/root").asText()).isEqualTo("/x/legal");
        assertThat(models.at("/2/parent").asText()).isEqualTo(SimulatedPool.DEFAULT_MODEL);
        assertThat(cached("legal", "hello")).isZero();

        var unload = "{\"lora_name\":\"legal\"}";
        assertThat(client.post("/v1/unload_lora_adapter", unload).statusCode()).isEqualTo(200);
        assertThat(client.post("/v1/unload_lora_adapter", unload).statusCode()).isEqualTo(404);
        assertThat(client.post(COMPLETIONS, "{\"model\":\"legal\",\"prompt\":\"x\"}")
                        .statusCode())
                .isEqualTo(404);
    }

    @Test
    void anAdapterThatCanBeResolvedIsLoadedByTheRequestForIt() throws Exception {
        try (var resolving = SimulatedPool.builder()
                .pool("h100=1")
                .timeScale(10)
                .runtimeAdapters(false)
                .resolvedAdapters(Pattern.compile("team-[a-z]+"))
                .start()) {
            var there = new SimClient(resolving.endpoints().getFirst());
            assertThat(there.json(there.get("/v1/models")).path("data")).hasSize(1);
            assertThat(there.post(COMPLETIONS, "{\"model\":\"team-sql\",\"prompt\":\"x\",\"max_tokens\":1}")
                            .statusCode())
                    .isEqualTo(200);
            assertThat(there.post(COMPLETIONS, "{\"model\":\"other\",\"prompt\":\"x\"}")
                            .statusCode())
                    .isEqualTo(404);
            assertThat(there.json(there.get("/v1/models")).at("/data/1/id").asText())
                    .isEqualTo("team-sql");
            assertThat(there.post("/v1/load_lora_adapter", "{}").statusCode()).isEqualTo(404);
        }
    }

    @Test
    void adaptersDoNotShareBlocksWithTheBaseModel() throws Exception {
        var prompt = "p".repeat(1000);
        assertThat(cached(SimulatedPool.DEFAULT_MODEL, prompt)).isZero();
        assertThat(cached("sql", prompt)).isZero();
        assertThat(cached("sql", prompt)).isEqualTo(240);
    }

    @Test
    void runningAdaptersAreOnTheMetricsPage() throws Exception {
        var request = client.streaming(
                        COMPLETIONS,
                        "{\"model\":\"sql\",\"prompt\":\"x\",\"max_tokens\":100000,\"ignore_eos\":true,"
                                + "\"stream\":true}")
                .build();
        var answer = client.http().send(request, HttpResponse.BodyHandlers.ofInputStream());
        assertThat(client.get("/metrics").body())
                .contains("vllm:lora_requests_info{max_lora=\"16\",running_lora_adapters=\"sql\"");
        answer.body().close();
        client.await("running", 0);
        assertThat(client.get("/metrics").body()).contains("running_lora_adapters=\"\"");
    }

    @Test
    void sleepEndsAnswersForgetsTheCacheAndMakesRequestsWait() throws Exception {
        var prompt = "s".repeat(1000);
        cached(SimulatedPool.DEFAULT_MODEL, prompt);
        var stream = client.http()
                .sendAsync(
                        client.streaming(
                                        COMPLETIONS,
                                        "{\"prompt\":\"x\",\"max_tokens\":100000,\"ignore_eos\":true,\"stream\":true}")
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        client.await("running", 1);
        assertThat(client.post("/sleep?level=1", "").statusCode()).isEqualTo(200);
        assertThat(stream.get().body()).contains("\"abort\"").endsWith("data: [DONE]\n\n");
        assertThat(client.json(client.get("/is_sleeping")).path("is_sleeping").asBoolean())
                .isTrue();
        assertThat(client.state("cachedBlocks")).isZero();
        assertThat(client.metric("vllm:engine_sleep_state{engine=\"0\",model_name=\"" + SimulatedPool.DEFAULT_MODEL
                        + "\",sleep_state=\"weights_offloaded\"}"))
                .isEqualTo(1);

        var waiting = client.http()
                .sendAsync(
                        client.streaming(COMPLETIONS, "{\"prompt\":\"" + prompt + "\",\"max_tokens\":1}")
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        client.await("waiting", 1);
        assertThat(client.post("/wake_up", "").statusCode()).isEqualTo(200);
        var answer = client.json(waiting.get());
        assertThat(answer.at("/usage/prompt_tokens_details/cached_tokens").asInt())
                .isZero();
    }
}
