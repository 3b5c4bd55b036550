package io.kvasir.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.pool.ServedModel;
import io.kvasir.traffic.ModelRewrite;
import io.kvasir.traffic.ModelRewrites;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Forms name their model in a field, before or behind the file. */
class UploadTest {
    private static final String TYPE = "content-type: multipart/form-data; boundary=b";

    private final RawUpstream one = new RawUpstream(RawUpstream.answering(200, "{\"text\":\"one\"}"));
    private final RawUpstream two = new RawUpstream(RawUpstream.answering(200, "{\"text\":\"two\"}"));
    private final ProxyFixture proxy = ProxyFixture.over(one.spec("a"), two.spec("b"));
    private final RawClient client = proxy.client();

    UploadTest() throws Exception {
        proxy.pool.snapshot().at(0).serves(List.of(new ServedModel("one", null, 0)));
        proxy.pool.snapshot().at(1).serves(List.of(new ServedModel("two", null, 0)));
    }

    @AfterEach
    void stop() throws Exception {
        client.close();
        proxy.close();
        one.close();
        two.close();
    }

    private static String form(String model) {
        return "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\n" + "RIFF".repeat(5000)
                + "\r\n--b\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\n" + model + "\r\n--b--\r\n";
    }

    private RawClient.Answer upload(String path, String body) throws Exception {
        return client.send("POST " + path + " HTTP/1.1\r\nhost: x\r\n" + TYPE + "\r\ncontent-length: " + body.length()
                        + "\r\n\r\n" + body)
                .answer();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/v1/audio/transcriptions", "/v1/audio/translations", "/v1/images/edits", "/v1/anything/new"})
    void theFormsModelDecides(String path) throws Exception {
        for (int i = 0; i < 5; i++) {
            assertThat(upload(path, form("two")).body()).contains("two");
            assertThat(two.next().text()).isEqualTo(form("two"));
        }
        assertThat(upload(path, form("none")).status()).isEqualTo(404);
        assertThat(upload("/llm/one" + path, form("two")).status()).isEqualTo(400);
        assertThat(one.requests()).isZero();
        proxy.assertNothingHeld();
    }

    @Test
    void aFormWithoutAModelNeedsOneWhereTheApiDoes() throws Exception {
        String without = form("x").replace("name=\"model\"", "name=\"language\"");
        assertThat(upload("/v1/audio/transcriptions", without).status()).isEqualTo(400);
        assertThat(upload("/llm/two/v1/audio/transcriptions", without).status()).isEqualTo(200);
        assertThat(two.next().text())
                .isEqualTo("--b\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\ntwo\r\n" + without);
        assertThat(upload("/v1/files", without).status()).isEqualTo(200);
        proxy.assertNothingHeld();
    }

    @Test
    void whatCannotBeMadeToNameAnotherModelIsCounted() throws Exception {
        try (var client = proxy.client()) {
            var answer = client.post("/v1/audio/speech", "no JSON", "x-llm-d-model-name-rewrite: two")
                    .answer();
            assertThat(answer.status()).isEqualTo(200);
            assertThat(two.next().text()).isEqualTo("no JSON");
            assertThat(proxy.counts().modelsNotRewritten()).isEqualTo(1);
        }
    }

    @Test
    void aRuleRewritesTheField() throws Exception {
        proxy.router
                .traffic()
                .replace(ModelRewrites.of(List.of(new ModelRewrite(
                        "whisper",
                        Instant.EPOCH,
                        List.of(new ModelRewrite.Rule(
                                List.of("whisper"), List.of(new ModelRewrite.Target("two", 0))))))));
        assertThat(upload("/v1/audio/transcriptions", form("whisper")).status()).isEqualTo(200);
        var request = two.next();
        assertThat(request.text()).isEqualTo(form("two"));
        assertThat(request.has("content-length: " + form("two").length())).isTrue();
        proxy.assertNothingHeld();
    }
}
