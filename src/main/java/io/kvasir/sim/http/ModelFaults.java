package io.kvasir.sim.http;

import io.netty.buffer.Unpooled;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** What an engine's faults make of a request to its model. */
final class ModelFaults {
    private static final Pattern RANK = Pattern.compile("-?[0-9]{1,9}");

    private final EngineServer server;
    private final EngineHost host;
    private final RequestReader reader;

    ModelFaults(EngineServer server, EngineHost host, RequestReader reader) {
        this.server = server;
        this.host = host;
        this.reader = reader;
    }

    /** Counts the request and does to it what is wrong; returns whether that was all. */
    boolean answered(HttpServerRequest request, byte[] body) throws EngineError {
        var faults = host.faults();
        boolean kills = faults.broughtBy(Fault.DIE_ON, body);
        boolean cuts = faults.broughtBy(Fault.CUT_ON, body);
        host.received(kills || cuts);
        int delay = faults.count(Fault.DEATH_DELAY);
        if (kills) {
            server.later(delay, server::die);
            return true;
        }
        var connection = request.connection();
        if (cuts) {
            server.later(delay, () -> Connections.reset(connection));
            return true;
        }
        var given = request.getHeader("x-request-id");
        if (given != null) {
            request.response().putHeader("x-request-id", given);
        }
        interim(request, faults.count(Fault.INTERIM));
        int redirect = faults.count(Fault.REDIRECT);
        if (redirect >= 300) {
            Routes.redirect(request, redirect, Routes.path(request));
            return true;
        }
        if (faults.is(Fault.CONTEXT_ERRORS)) {
            throw reader.tooLong(body.length);
        }
        rank(request);
        if (host.failsNow() || faults.broughtBy(Fault.ERROR_ON, body)) {
            throw failure(request, faults.count(Fault.ERROR_STATUS));
        }
        return false;
    }

    /** There is one rank, and vLLM refuses others. What is no number is ignored. */
    private static void rank(HttpServerRequest request) throws EngineError {
        var rank = request.getHeader("x-data-parallel-rank");
        if (rank != null && RANK.matcher(rank).matches() && Integer.parseInt(rank) != 0) {
            throw EngineError.badRequest(null, "data_parallel_rank " + rank + " is out of range [0, 1).");
        }
    }

    private static EngineError failure(HttpServerRequest request, int status) {
        if (status == 429 || status == 503) {
            request.response().putHeader("retry-after", "1");
        }
        return switch (status) {
            case 429 -> new EngineError(status, "RateLimitError", null, "simulated failure: too many requests");
            case 501 ->
                new EngineError(
                        status, "NotImplementedError", null, "simulated failure: The model does not support this API");
            case 503 ->
                new EngineError(status, "ServiceUnavailableError", null, "simulated failure: the queue is full");
            default ->
                new EngineError(
                        status, status < 500 ? "BadRequestError" : "InternalServerError", null, "simulated failure");
        };
    }

    /** An answer before the answer (RFC 9110, section 15.2), past the codec, which knows only whole ones. */
    private static void interim(HttpServerRequest request, int status) {
        if (status < 102 || !HttpVersion.HTTP_1_1.equals(request.version())) {
            return;
        }
        var head = status == 103
                ? "HTTP/1.1 103 Early Hints\r\nlink: </hint>; rel=preload\r\n\r\n"
                : "HTTP/1.1 " + status + " Processing\r\n\r\n";
        var bytes = Unpooled.copiedBuffer(head, StandardCharsets.US_ASCII);
        var _ = Connections.channel(request.connection())
                .pipeline()
                .firstContext()
                .writeAndFlush(bytes);
    }
}
