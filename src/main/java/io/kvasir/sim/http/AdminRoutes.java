package io.kvasir.sim.http;

import io.vertx.core.Promise;
import io.vertx.core.http.HttpServerRequest;

/** What tests read and set: an engine's true counters, and what is wrong with it. */
final class AdminRoutes {
    private final EngineServer server;
    private final EngineHost host;

    AdminRoutes(EngineServer server, EngineHost host) {
        this.server = server;
        this.host = host;
    }

    /** {@code GET /admin/state}. */
    String state() {
        var engine = host.engine();
        var stats = engine.stats();
        return "{\"name\":" + Json.quote(server.engineConfig().name())
                + ",\"running\":" + engine.running()
                + ",\"waiting\":" + engine.waiting()
                + ",\"answers\":" + host.answers().size()
                + ",\"blocks\":" + engine.limits().blocks()
                + ",\"freeBlocks\":" + engine.freeBlocks()
                + ",\"cachedBlocks\":" + engine.cachedBlocks()
                + ",\"evictions\":" + engine.evictions()
                + ",\"finished\":" + (stats.finishedAtStop() + stats.finishedAtLength())
                + ",\"aborted\":" + stats.aborted()
                + ",\"preemptions\":" + stats.preemptions()
                + ",\"promptTokens\":" + stats.prompt()
                + ",\"cachedPromptTokens\":" + stats.promptCached()
                + ",\"outputTokens\":" + stats.output()
                + ",\"steps\":" + stats.steps()
                + ",\"busySeconds\":" + stats.busyNanos() / 1e9
                + ",\"sleepLevel\":" + host.sleepLevel() + "}";
    }

    /** {@code GET /admin/faults}. */
    String faults() {
        var f = host.faults();
        return "{\"slow\":" + f.slow() + ",\"stuck\":" + f.stuck() + ",\"refuse\":" + f.refuse()
                + ",\"dieAfterTokens\":" + f.dieAfterTokens() + ",\"errorStatus\":" + f.errorStatus()
                + ",\"errorRate\":" + f.errorRate() + ",\"staleMetrics\":" + f.staleMetrics()
                + ",\"wrongContentLength\":" + f.wrongContentLength() + "}";
    }

    /** {@code POST /admin/faults}, for this engine or for the one named by {@code ?engine=}. */
    void set(HttpServerRequest request, byte[] body) throws ApiError {
        Faults faults;
        try {
            faults = Faults.of(Json.object(body));
        } catch (IllegalArgumentException e) {
            throw ApiError.badRequest(null, String.valueOf(e.getMessage()));
        }
        var name = request.getParam("engine");
        var target = name == null ? server : server.cluster().server(name);
        if (target == null) {
            throw new ApiError(404, "NotFoundError", "engine", "There is no engine " + name + ".");
        }
        if (faults.refuse() && target == server) {
            // closing the listener takes this connection with it: answer first
            request.response()
                    .putHeader("content-type", "application/json")
                    .end("{}")
                    .onComplete(sent -> apply(target, faults, Promise.promise()));
            return;
        }
        Promise<Void> done = Promise.promise();
        apply(target, faults, done);
        done.future().onComplete(result -> {
            if (result.succeeded()) {
                Routes.json(request, 200, "{}");
            } else {
                var why = new ApiError(500, "InternalServerError", null, String.valueOf(result.cause()));
                Routes.json(request, 500, why.json());
            }
        });
    }

    private static void apply(EngineServer target, Faults faults, Promise<Void> done) {
        target.onLoop(there -> target.faults(faults, done));
    }
}
