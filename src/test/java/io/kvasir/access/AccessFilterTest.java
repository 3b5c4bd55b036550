package io.kvasir.access;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AccessFilterTest {
    private final ReviewingApi api = new ReviewingApi();
    private final KubernetesClient client = api.client();
    private final AccessCounts counts = new AccessCounts();
    private final AccessControl control = new AccessControl(client, counts, System::nanoTime);
    private final Vertx vertx = Vertx.vertx();
    private final HttpClient asker =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final AccessFilter filter = new AccessFilter(counts);
    private final HttpServer server;

    AccessFilterTest() throws Exception {
        api.users.put("good", "prometheus");
        api.grants.add("prometheus get /metrics");
        filter.admit(control, false);
        api.grants.add("prometheus post /kvasir/api/explain");
        var router = Router.router(vertx);
        router.route().order(-1).handler(filter);
        router.get("/q/health/ready").handler(context -> context.end("up"));
        router.route("/metrics").handler(context -> context.end("page"));
        router.route("/").handler(context -> context.end("live"));
        router.route("/live/page.js").handler(context -> context.end("script"));
        router.post("/api/explain").handler(context -> context.request().body().onSuccess(context::end));
        server = listen(router);
    }

    private HttpServer listen(Router router) throws Exception {
        return vertx.createHttpServer()
                .requestHandler(router)
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS);
    }

    @AfterEach
    void close() {
        asker.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
        control.close();
        client.close();
        api.close();
    }

    private static HttpRequest.Builder request(HttpServer server, String path, @Nullable String authorization) {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.actualPort() + path));
        return authorization == null ? request : request.header("authorization", authorization);
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return asker.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<String> get(String path, @Nullable String authorization) throws Exception {
        return get(server, path, authorization);
    }

    private HttpResponse<String> get(HttpServer from, String path, @Nullable String authorization) throws Exception {
        return send(request(from, path, authorization));
    }

    @Test
    void healthIsOpenToEverybody() throws Exception {
        assertThat(get("/q/health/ready", null).body()).isEqualTo("up");
        assertThat(api.tokenReviews).hasValue(0);
    }

    @Test
    void nobodyPassesBeforeItIsKnownWhoMay() throws Exception {
        var closed = new AccessFilter(counts);
        var router = Router.router(vertx);
        router.route().order(-1).handler(closed);
        router.route().handler(context -> context.end("page"));
        var starting = listen(router);

        assertThat(get(starting, "/metrics", "Bearer good").statusCode()).isEqualTo(503);
        assertThat(get(starting, "/q/health/live", null).statusCode()).isEqualTo(200);

        closed.admit(null, false);
        assertThat(get(starting, "/metrics", null).body()).isEqualTo("page");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/metrics",
                "//metrics",
                "/%6detrics",
                "/q/health/../../metrics",
                "/q/health/%2e%2e/%2e%2e/metrics",
                "/q/healthy",
                "/q/metrics",
                "/api/endpoints",
                "/api/live",
                "/live",
                "/live/../metrics",
                "/live/%2e%2e/metrics"
            })
    void withoutATokenEverythingElseIsClosed(String path) throws Exception {
        var refused = get(path, null);
        assertThat(refused.statusCode()).isEqualTo(401);
        assertThat(refused.headers().firstValue("www-authenticate")).contains("Bearer realm=\"kvasir\"");
        assertThat(refused.body()).contains("\"code\":\"no_token\"");
        assertThat(counts.of(Verdict.NO_TOKEN)).isEqualTo(1);
    }

    @Test
    void thePageThatAsksForTheTokenNeedsNoneButToBeRead() throws Exception {
        assertThat(get("/", null).body()).isEqualTo("live");
        assertThat(get("/live/page.js", null).body()).isEqualTo("script");
        assertThat(send(request(server, "/", null).HEAD()).statusCode()).isEqualTo(200);
        assertThat(send(request(server, "/", null).POST(HttpRequest.BodyPublishers.noBody()))
                        .statusCode())
                .isEqualTo(401);
        assertThat(api.tokenReviews).hasValue(0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Bearer good", "bearer good", "BEARER  good "})
    void aGoodTokenPasses(String authorization) throws Exception {
        assertThat(get("/metrics", authorization).body()).isEqualTo("page");
        assertThat(get("/metrics", authorization).body()).isEqualTo("page");
        assertThat(counts.of(Verdict.ALLOWED)).isEqualTo(2);
        assertThat(counts.reviews()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"good", "Basic Z29vZA==", "Bearer", "Bearer ", "Bearergood"})
    void whatIsNoBearerTokenIsNone(String authorization) throws Exception {
        assertThat(get("/metrics", authorization).statusCode()).isEqualTo(401);
        assertThat(api.tokenReviews).hasValue(0);
    }

    @Test
    void aBadTokenIsToldSo() throws Exception {
        var refused = get("/metrics", "Bearer made-up");
        assertThat(refused.statusCode()).isEqualTo(401);
        assertThat(refused.headers().firstValue("www-authenticate"))
                .contains("Bearer realm=\"kvasir\", error=\"invalid_token\"");
    }

    @Test
    void whatIsNotGrantedIsForbidden() throws Exception {
        var refused = get("/api/endpoints", "Bearer good");
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.body()).contains("\"code\":\"not_allowed\"");
    }

    @Test
    void askingOnlyForTheHeadOfAPageIsReading() throws Exception {
        assertThat(send(request(server, "/metrics", "Bearer good").HEAD()).statusCode())
                .isEqualTo(200);
    }

    @Test
    void aBodyOutlivesItsReview() throws Exception {
        String body = "x".repeat(200_000);
        var answer =
                send(request(server, "/api/explain", "Bearer good").POST(HttpRequest.BodyPublishers.ofString(body)));
        assertThat(answer.body()).isEqualTo(body);
    }

    @Test
    void aRouterThatMayNotReviewSaysSoAndAnApiServerThatIsAwayIsNoFaultOfTheCaller() throws Exception {
        api.tokenStatus = 403;
        var forbidden = get("/metrics", "Bearer good");
        assertThat(forbidden.statusCode()).isEqualTo(403);
        assertThat(forbidden.body()).contains("\"code\":\"review_forbidden\"");

        api.close();
        var away = get("/metrics", "Bearer another");
        assertThat(away.statusCode()).isEqualTo(503);
        assertThat(away.headers().firstValue("retry-after")).contains("1");
        assertThat(away.body()).contains("\"code\":\"review_unavailable\"");
        assertThat(get("/q/health/ready", null).statusCode()).isEqualTo(200);
    }
}
