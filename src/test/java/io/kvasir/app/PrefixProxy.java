package io.kvasir.app;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.net.URI;

/** A reverse proxy as an ingress is one: serves another port under a path prefix, which it takes away. */
final class PrefixProxy implements AutoCloseable {
    static final String PREFIX = "/tools/kvasir";

    private final Vertx vertx = Vertx.vertx();
    private final HttpClient client = vertx.createHttpClient();
    private final HttpServer server;
    private final int target;

    PrefixProxy(int target) {
        this.target = target;
        server = vertx.createHttpServer()
                .requestHandler(this::pass)
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .join();
    }

    private void pass(HttpServerRequest asked) {
        if (!asked.uri().startsWith(PREFIX + "/")) {
            asked.response().setStatusCode(404).end();
            return;
        }
        asked.pause();
        client.request(asked.method(), target, "127.0.0.1", asked.uri().substring(PREFIX.length()))
                .compose(request -> {
                    asked.headers().forEach((name, value) -> {
                        if (!name.equalsIgnoreCase("host")) {
                            request.putHeader(name, value);
                        }
                    });
                    asked.response().closeHandler(_ -> request.reset());
                    asked.resume();
                    return request.send(asked);
                })
                .onSuccess(answer -> {
                    asked.response().setStatusCode(answer.statusCode()).setChunked(true);
                    answer.headers().forEach((name, value) -> {
                        if (!name.equalsIgnoreCase("content-length") && !name.equalsIgnoreCase("transfer-encoding")) {
                            asked.response().putHeader(name, value);
                        }
                    });
                    answer.pipeTo(asked.response());
                })
                .onFailure(_ -> asked.response().setStatusCode(502).end());
    }

    /** Where the other port's root is. */
    URI page() {
        return URI.create("http://127.0.0.1:" + server.actualPort() + PREFIX + "/");
    }

    @Override
    public void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }
}
