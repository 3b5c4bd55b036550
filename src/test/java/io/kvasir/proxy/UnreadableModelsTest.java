package io.kvasir.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.pool.ServedModel;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What clients see where it is not known what engines serve. */
class UnreadableModelsTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String LIST = "{\"object\":\"list\",\"data\":[{\"id\":\"theirs\"}]}";

    @Test
    void whereNoListIsKnownAnEngineAnswersByTheClientsOwnKey() throws Exception {
        try (var engine = new RawUpstream(RawUpstream.answering(200, LIST));
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client()) {
            proxy.pool.snapshot().at(0).knowledge().unreadable("unauthorized");

            var answer = client.get("/v1/models", "authorization: Bearer mine").answer();

            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.body()).isEqualTo(LIST);
            var asked = engine.next();
            assertThat(asked.head()).startsWith("GET /v1/models HTTP/1.1");
            assertThat(asked.has("authorization: Bearer mine")).isTrue();
            assertThat(client.get("/v1/models/theirs").answer().status()).isEqualTo(200);
            assertThat(engine.next().head()).startsWith("GET /v1/models/theirs HTTP/1.1");
            proxy.assertNothingHeld();
        }
    }

    @Test
    void anEnginesRefusalOfTheKeyIsPassedOn() throws Exception {
        try (var engine = new RawUpstream(RawUpstream.answering(401, "{\"error\":\"Unauthorized\"}"));
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client()) {
            proxy.pool.snapshot().at(0).knowledge().unreadable("unauthorized");

            assertThat(client.get("/v1/models").answer().status()).isEqualTo(401);
        }
    }

    @Test
    void whatIsKnownIsAnsweredAndTheRestIsAskedFor() throws Exception {
        try (var known = new RawUpstream(RawUpstream.answering(200, LIST));
                var other = new RawUpstream(RawUpstream.answering(200, LIST));
                var proxy = ProxyFixture.over(known.spec("a"), other.spec("b"));
                var client = proxy.client()) {
            proxy.pool.snapshot().at(0).serves(List.of(new ServedModel("ours", null, 0)));
            proxy.pool.snapshot().at(1).knowledge().unreadable("too-large");

            var list = new JsonObject(client.get("/v1/models").answer().body());
            assertThat(list.getJsonArray("data").getJsonObject(0).getString("id"))
                    .isEqualTo("ours");
            assertThat(client.get("/v1/models/ours").answer().status()).isEqualTo(200);
            assertThat(known.requests() + other.requests()).isZero();

            assertThat(client.get("/v1/models/theirs").answer().status()).isEqualTo(200);
            assertThat(known.requests() + other.requests()).isEqualTo(1);
        }
    }

    @Test
    void aNameThatNobodyCanCheckPasses() throws Exception {
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client()) {
            proxy.pool.snapshot().at(0).knowledge().unreadable("unauthorized");

            assertThat(client.post(CHAT, "{\"model\":\"any\",\"messages\":[]}")
                            .answer()
                            .status())
                    .isEqualTo(200);
        }
    }

    @Test
    void anUnknownNameWaitsUntilListsWereRead() throws Exception {
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"));
                var other = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = ProxyFixture.over(engine.spec("a"), other.spec("b"));
                var client = proxy.client()) {
            proxy.pool.snapshot().endpoints().forEach(e -> e.serves(List.of(new ServedModel("base", null, 0))));
            proxy.router.lists(new io.kvasir.route.ModelLists() {
                private boolean read;

                @Override
                public boolean refresh(Runnable done) {
                    if (read) {
                        return false;
                    }
                    read = true;
                    Thread.ofVirtual().start(() -> {
                        proxy.pool
                                .snapshot()
                                .at(1)
                                .serves(List.of(new ServedModel("base", null, 0), new ServedModel("lora", "base", 0)));
                        done.run();
                    });
                    return true;
                }

                @Override
                public void reread(io.kvasir.pool.Endpoint endpoint) {
                    // they are read above
                }
            });

            assertThat(client.post(CHAT, "{\"model\":\"lora\",\"messages\":[]}")
                            .answer()
                            .status())
                    .isEqualTo(200);
            assertThat(other.requests()).isEqualTo(1);
            assertThat(client.post("/v1/embeddings", "{\"model\":\"nonsense\",\"input\":\"x\"}")
                            .answer()
                            .status())
                    .as("the one engine that takes adapters decides")
                    .isEqualTo(200);
            assertThat(other.requests()).isEqualTo(2);
            proxy.assertNothingHeld();
        }
    }
}
