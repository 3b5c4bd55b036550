package io.kvasir.app;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import java.io.IOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Answers every request of the warm-up with the same few events. */
final class WarmUpEngine implements AutoCloseable {
    private static final int SECONDS = 1;
    private static final int EVENTS = 16;

    /** One event of an answer. */
    static final String EVENT = "data: {\"id\":\"warm-up\",\"object\":\"chat.completion.chunk\",\"model\":\""
            + WarmUpRequest.MODEL + "\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word\"}}]}\n\n";

    private final HttpServer server;

    WarmUpEngine(Vertx vertx) throws IOException {
        server = vertx.createHttpServer(
                new HttpServerOptions().setHost("127.0.0.1").setPort(0));
        server.requestHandler(request -> {
            var response = request.response().setChunked(true).putHeader("content-type", "text/event-stream");
            request.body().onComplete(_ -> {
                for (int i = 0; i < EVENTS; i++) {
                    response.write(EVENT);
                }
                response.end("data: [DONE]\n\n");
            });
        });
        try {
            server.listen().toCompletionStage().toCompletableFuture().get(SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException(e);
        }
    }

    int port() {
        return server.actualPort();
    }

    @Override
    public void close() {
        var _ = server.close();
    }
}
