package io.kvasir.scrape;

import io.kvasir.pool.EndpointSpec;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;

/** An engine that speaks HTTP/2 by prior knowledge and answers HTTP/1.1 with 400. */
public final class H2cEngine implements AutoCloseable {
    private final Vertx vertx = Vertx.vertx();
    private final HttpServer server;
    /** Paths asked for in HTTP/2, with the header {@code authorization} behind a space where there is one. */
    public final ConcurrentLinkedQueue<String> asked = new ConcurrentLinkedQueue<>();

    /** @param handler answers what comes in HTTP/2 */
    public H2cEngine(Consumer<HttpServerRequest> handler) {
        server = vertx.createHttpServer(
                        new HttpServerOptions().setHost("127.0.0.1").setPort(0).setHttp2ClearTextEnabled(true))
                .requestHandler(request -> {
                    if (request.version() != HttpVersion.HTTP_2) {
                        request.response().setStatusCode(400).end("HTTP/2 only");
                        return;
                    }
                    String key = request.getHeader("authorization");
                    asked.add(request.path() + (key == null ? "" : " " + key));
                    handler.accept(request);
                });
        server.listen().toCompletionStage().toCompletableFuture().join();
    }

    public int port() {
        return server.actualPort();
    }

    /** As somebody would describe it who does not know what it speaks. */
    public EndpointSpec spec(String name) {
        return EndpointSpec.of(name, "127.0.0.1", port());
    }

    @Override
    public void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }
}
