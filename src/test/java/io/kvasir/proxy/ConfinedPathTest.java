package io.kvasir.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.pool.ServedModel;
import io.kvasir.traffic.ModelRewrite;
import io.kvasir.traffic.ModelRewrites;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code /llm/<model>} is often what somebody is allowed to ask: no other model is reached by it. */
class ConfinedPathTest {
    private final RawUpstream engine = new RawUpstream(RawUpstream.answering(200, "{}"));
    private final RawUpstream other = new RawUpstream(RawUpstream.answering(200, "{}"));
    private final ProxyFixture proxy = ProxyFixture.over(engine.spec("a"), other.spec("b"));

    ConfinedPathTest() throws Exception {
        var pool = proxy.pool.snapshot();
        pool.at(0)
                .serves(List.of(
                        new ServedModel("one", null, 0),
                        new ServedModel("uno", null, 0),
                        new ServedModel("lora", "one", 0)));
        pool.at(1).serves(List.of(new ServedModel("two", null, 0)));
    }

    /** On a connection of its own: one that is refused before its body is read ends with the answer. */
    private RawClient.Answer post(String path, String body, String... headers) throws Exception {
        try (var client = proxy.client()) {
            return client.post(path, body, headers).answer();
        }
    }

    private RawClient.Answer get(String path, String... headers) throws Exception {
        try (var client = proxy.client()) {
            return client.get(path, headers).answer();
        }
    }

    @AfterEach
    void stop() throws Exception {
        proxy.close();
        engine.close();
        other.close();
    }

    private static String body(String model) {
        return "{\"model\":\"" + model + "\",\"messages\":[],\"input\":\"x\",\"query\":\"q\"}";
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/chat/completions",
                "/v1/messages",
                "/v1/responses",
                "/v1/embeddings",
                "/v1/rerank",
                "/tokenize",
                "/v1/anything"
            })
    void anotherModelInTheBodyIsRefused(String path) throws Exception {
        var answer = post("/llm/one" + path, body("two"));
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.body()).contains("`one`").contains("`two`");
        assertThat(post("/llm/one" + path, body("lora")).status()).isEqualTo(400);
        assertThat(post("/llm/none" + path, body("two")).status()).isEqualTo(400);
        // as written first, or last
        var twice = post("/llm/one" + path, "{\"model\":\"one\",\"model\":\"two\"}");
        assertThat(twice.status()).isEqualTo(400);
        assertThat(engine.requests() + other.requests()).isZero();
        proxy.assertNothingHeld();
    }

    @Test
    void theSameModelAndItsOtherNamesPass() throws Exception {
        for (var model : List.of("one", "uno")) {
            assertThat(post("/llm/one/v1/chat/completions", body(model)).status())
                    .isEqualTo(200);
            assertThat(engine.next().text()).isEqualTo(body(model));
        }
        assertThat(post("/llm/lora/v1/chat/completions", body("lora")).status()).isEqualTo(200);
    }

    @Test
    void namesThatARuleMakesOnePass() throws Exception {
        proxy.router
                .traffic()
                .replace(ModelRewrites.of(List.of(new ModelRewrite(
                        "poems",
                        Instant.EPOCH,
                        List.of(new ModelRewrite.Rule(
                                List.of("poems", "verses"), List.of(new ModelRewrite.Target("one", 0))))))));
        for (var model : List.of("one", "poems", "verses")) {
            assertThat(post("/llm/poems/v1/chat/completions", body(model)).status())
                    .as(model)
                    .isEqualTo(200);
            assertThat(engine.next().text()).isEqualTo(body("one"));
        }
        assertThat(post("/llm/poems/v1/chat/completions", body("two")).status()).isEqualTo(400);
    }

    @Test
    void aClientsRewriteHeaderReachesNoOtherModel() throws Exception {
        for (var header : List.of("x-llm-d-model-name-rewrite: two", "X-Gateway-Model-Name-Rewrite: two")) {
            assertThat(post("/llm/one/v1/chat/completions", body("one"), header).status())
                    .isEqualTo(400);
        }
        assertThat(engine.requests() + other.requests()).isZero();
    }

    @Test
    void theListOfModelsIsThatOfThePath() throws Exception {
        var list = new JsonObject(get("/llm/one/v1/models").body());
        assertThat(list.getJsonArray("data").stream().map(model -> ((JsonObject) model).getString("id")))
                .containsExactly("one", "uno");
        assertThat(get("/llm/one/v1/models/uno").status()).isEqualTo(200);
        assertThat(get("/llm/one/v1/models/two").status()).isEqualTo(404);
    }

    @Test
    void aRequestWithoutAModelGoesNowhereInAPoolOfTwo() throws Exception {
        // no adapters, so that no engine could load one of an unknown name
        proxy.pool.snapshot().at(0).serves(List.of(new ServedModel("one", null, 0)));
        for (var path : List.of(
                "/v1/rerank",
                "/rerank",
                "/v2/rerank",
                "/v1/score",
                "/score",
                "/v1/audio/speech",
                "/v1/images/generations",
                "/v1/moderations",
                "/pooling",
                "/classify",
                "/tokenize",
                "/detokenize",
                "/v1/messages/count_tokens",
                "/v1/chat/completions/render",
                "/v1/audio/transcriptions")) {
            var answer = post(path, "{\"query\":\"q\"}");
            assertThat(answer.status()).as(path).isEqualTo(400);
            assertThat(answer.body()).contains("model");
            assertThat(post(path, "{\"query\":\"q\",\"model\":\"two\"}").status())
                    .as(path)
                    .isEqualTo(200);
            assertThat(post(path, "{\"model\":\"none\"}").status()).as(path).isEqualTo(404);
        }
        // what needs none goes on
        assertThat(get("/v1/responses/resp_1").status()).isEqualTo(200);
        assertThat(post("/v1/responses/resp_1/cancel", "").status()).isEqualTo(200);
        proxy.assertNothingHeld();
    }
}
