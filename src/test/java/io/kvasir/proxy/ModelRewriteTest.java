package io.kvasir.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.traffic.ModelRewrite;
import io.kvasir.traffic.ModelRewrites;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A rewritten model is what the engine reads, and the client's name for it is what the client reads. */
class ModelRewriteTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final ModelRewrites POEMS = ModelRewrites.of(List.of(new ModelRewrite(
            "canary",
            Instant.EPOCH,
            List.of(new ModelRewrite.Rule(List.of("poems"), List.of(new ModelRewrite.Target("poems-v2", 0)))))));

    @Test
    void aWholeAnswerNamesTheClientsModel() throws Exception {
        try (var engine = new RawUpstream(
                        RawUpstream.answering(200, "{\"choices\":[{\"text\":\"poems-v2\"}],\"model\":\"poems-v2\"}"));
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client()) {
            proxy.router.traffic().replace(POEMS);

            var answer = client.post(CHAT, "{\"n\":1.0,\"model\":\"poems\"}").answer();

            assertThat(engine.next().text()).isEqualTo("{\"n\":1.0,\"model\":\"poems-v2\"}");
            assertThat(answer.body()).isEqualTo("{\"choices\":[{\"text\":\"poems-v2\"}],\"model\":\"poems\"}");
            assertThat(answer.complete()).isTrue();
            proxy.assertNothingHeld();
        }
    }

    @Test
    void aStreamNamesTheClientsModelWhereverItsNameIsCut() throws Exception {
        try (var engine = new RawUpstream(peer -> {
                    peer.read();
                    peer.beginStream();
                    peer.chunk("data: {\"model\":\"poe");
                    peer.chunk("ms-v2\",\"choices\":[]}\n\ndata: {\"model\":\"poems-v2\"}\n\n");
                    peer.chunk("data: [DONE]\n\n");
                    peer.write("0\r\n\r\n");
                });
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client()) {
            proxy.router.traffic().replace(POEMS);

            var answer =
                    client.post(CHAT, "{\"model\":\"poems\",\"stream\":true}").answer();

            assertThat(answer.body())
                    .isEqualTo(
                            "data: {\"model\":\"poems\",\"choices\":[]}\n\ndata: {\"model\":\"poems\"}\n\ndata: [DONE]\n\n");
            proxy.assertNothingHeld();
        }
    }

    @Test
    void aHeaderNamesTheModelWhereNoRuleDoes() throws Exception {
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{\"model\":\"other\"}"));
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client()) {
            var answer = client.post(CHAT, "{\"model\":\"prose\"}", "x-llm-d-model-name-rewrite: other")
                    .answer();

            var request = engine.next();
            assertThat(request.text()).isEqualTo("{\"model\":\"other\"}");
            assertThat(request.names("x-llm-d-model-name-rewrite")).isFalse();
            assertThat(answer.body()).isEqualTo("{\"model\":\"prose\"}");
        }
    }

    @Test
    void aCompressedAnswerPassesUntouchedAndIsCounted() throws Exception {
        try (var engine = new RawUpstream(peer -> {
                    peer.read();
                    peer.write("HTTP/1.1 200 X\r\ncontent-type: application/json\r\ncontent-encoding: br\r\n"
                            + "content-length: 20\r\n\r\n{\"model\":\"poems-v2\"}");
                });
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client()) {
            proxy.router.traffic().replace(POEMS);

            var answer = client.post(CHAT, "{\"model\":\"poems\"}").answer();

            assertThat(answer.body()).isEqualTo("{\"model\":\"poems-v2\"}");
            assertThat(answer.headers()).containsEntry("content-length", "20");
            assertThat(proxy.counts().modelsNotRestored()).isEqualTo(1);
        }
    }
}
