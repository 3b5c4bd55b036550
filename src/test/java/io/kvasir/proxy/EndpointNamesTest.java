package io.kvasir.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.vertx.core.MultiMap;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EndpointNamesTest {
    private static final String CHAT = "/v1/chat/completions";

    private final Pool pool = new Pool(HardwareCatalogue.load());

    private MultiMap hidden(String name, String value, String prefix) {
        pool.apply(List.of(
                EndpointSpec.of("vllm-0", "10.0.0.1", 8000),
                EndpointSpec.of("vllm-1", "10.0.0.2", 8000),
                EndpointSpec.of("vllm-2", "fd00::1", 8000)));
        var headers = MultiMap.caseInsensitiveMultiMap().add(name, value);
        EndpointNames.hide(headers, pool.snapshot().at(0), pool.snapshot(), prefix);
        return headers;
    }

    @ParameterizedTest
    @CsvSource({
        "http://10.0.0.1:8000/v1/x?a=b#c, /v1/x?a=b#c",
        "https://10.0.0.1/v1/x, /v1/x",
        "//10.0.0.1:8000/v1/x, /v1/x",
        "http://10.0.0.1:8000, /",
        "http://10.0.0.1:8000?a, /?a",
        "HTTP://u:p@10.0.0.1:9/x, /x",
        "http://vllm-0:8000/x, /x",
        "http://10.0.0.2:8000/x, /x",
        "http://[fd00::1]:8000/x, /x",
        "/v1/x, /v1/x",
        "x/y, x/y",
        "https://example.com/http://10.0.0.9/x, https://example.com/http://10.0.0.9/x",
        "https://example.com/x, https://example.com/x",
        "http://10.0.0.11:8000/x, http://10.0.0.11:8000/x",
    })
    void locationsOfEndpointsBecomeTheClientsOwn(String location, String expected) {
        assertThat(hidden("location", location, "").get("location")).isEqualTo(expected);
        assertThat(hidden("Content-Location", location, "").get("content-location"))
                .isEqualTo(expected);
    }

    @Test
    void thePartOfThePathThatTheEngineDoesNotKnowIsPutBack() {
        assertThat(hidden("location", "http://10.0.0.1:8000/v1/x", "/llm/m").get("location"))
                .isEqualTo("/llm/m/v1/x");
        assertThat(hidden("location", "/v1/x", "/llm/m").get("location")).isEqualTo("/llm/m/v1/x");
        assertThat(EndpointNames.prefix("/llm/a%2Fb" + CHAT + "?x", CHAT + "?x"))
                .isEqualTo("/llm/a%2Fb");
        assertThat(EndpointNames.prefix("http://me/llm/m" + CHAT, CHAT)).isEqualTo("/llm/m");
        assertThat(EndpointNames.prefix(CHAT, CHAT)).isEmpty();
    }

    @Test
    void urlsInsideOfHeadersAreChangedToo() {
        assertThat(hidden("refresh", "5; url=http://10.0.0.1:8000/v1/x", "").get("refresh"))
                .isEqualTo("5; url=/v1/x");
        assertThat(hidden("link", "<http://10.0.0.1:8000/a>; rel=next, <http://h/b>; rel=x", "")
                        .get("link"))
                .isEqualTo("</a>; rel=next, <http://h/b>; rel=x");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"10.0.0.1:8000", "10.0.0.1", "pod 10.0.0.1, zone a", "http://10.0.0.1:8000/x", "vllm-0", "VLLM-0"
            })
    void otherHeadersThatNameTheEndpointAreLeftOut(String value) {
        assertThat(hidden("x-backend-host", value, "").isEmpty()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"uvicorn", "110.0.0.1", "10.0.0.12", "10.0.0.1.2", "vllm-01", "1.1 vllm-0-proxy"})
    void headersThatDoNotNameItStay(String value) {
        assertThat(hidden("x-any", value, "").get("x-any")).isEqualTo(value);
    }

    @Test
    void aRedirectOfAnEngineLeadsBackToTheProxy() throws Exception {
        try (var engine = new RawUpstream(peer -> {
                    while (true) {
                        var host = peer.read()
                                .head()
                                .lines()
                                .filter(line -> line.startsWith("host:"))
                                .findFirst()
                                .orElseThrow()
                                .substring(5)
                                .strip();
                        peer.write("HTTP/1.1 307 X\r\nlocation: http://" + host + "/v1/other\r\nx-served-by: " + host
                                + "\r\ncontent-length: 0\r\n\r\n");
                    }
                });
                var proxy = ProxyFixture.over(engine.spec("a"));
                var named = ProxyFixture.over(
                        ProxyFixture.SETTINGS.toBuilder().nameEndpoints(true).build(), engine.spec("a"));
                var client = proxy.client();
                var asking = named.client()) {
            var answer = client.post("/llm/m/v1/other/", "{}").answer();
            assertThat(answer.status()).isEqualTo(307);
            assertThat(answer.headers()).containsEntry("location", "/llm/m/v1/other");
            assertThat(answer.headers().toString()).doesNotContain("127.0.0.1");
            assertThat(asking.post("/v1/other/", "{}").answer().headers())
                    .containsEntry("location", "http://127.0.0.1:" + engine.port() + "/v1/other");
        }
    }

    @Test
    void aSlashBehindAKnownPathNeedsNoRedirect() throws Exception {
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client()) {
            for (String path : List.of(CHAT, "/v1/completions", "/v1/embeddings", "/v1/responses", "/v1/messages")) {
                for (String query : List.of("", "?a=b/")) {
                    assertThat(client.post(path + "/" + query, "{\"model\":\"m\"}")
                                    .answer()
                                    .status())
                            .isEqualTo(200);
                    assertThat(engine.next().head()).startsWith("POST " + path + query + " HTTP/1.1");
                }
            }
        }
    }
}
