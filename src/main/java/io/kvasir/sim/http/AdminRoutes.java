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

    /** Whether the request is for these routes, which no fault touches but a closed port. */
    static boolean isAdmin(HttpServerRequest request) {
        return Routes.path(request).startsWith("/admin/");
    }

    /** {@code GET /admin/state}, of this engine or of the one named by {@code ?engine=}. */
    void state(HttpServerRequest request) throws EngineError {
        var target = target(request);
        if (target == server) {
            Routes.json(request, 200, state(server, host));
            return;
        }
        target.state().onComplete(read -> Routes.json(request, 200, read.result()));
    }

    /** The true counters of an engine as JSON; on its event loop. */
    static String state(EngineServer server, EngineHost host) {
        var engine = host.engine();
        var stats = engine.stats();
        return "{\"name\":" + Json.quote(server.engineConfig().name())
                + ",\"running\":" + engine.running()
                + ",\"waiting\":" + engine.waiting()
                + ",\"answers\":" + host.answers().size()
                + ",\"received\":" + host.received()
                + ",\"marked\":" + host.marked()
                + ",\"connections\":" + server.connections().open()
                + ",\"accepted\":" + server.connections().accepted()
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
        return host.faults().json();
    }

    /** {@code POST /admin/faults}, for this engine or for the one named by {@code ?engine=}. */
    void set(HttpServerRequest request, byte[] body) throws EngineError {
        Faults faults;
        try {
            faults = Faults.of(Json.object(body));
        } catch (IllegalArgumentException e) {
            throw EngineError.badRequest(null, String.valueOf(e.getMessage()));
        }
        var target = target(request);
        if (faults.is(Fault.REFUSE) && target == server) {
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
                var why = new EngineError(500, "InternalServerError", null, String.valueOf(result.cause()));
                Routes.json(request, 500, why.json());
            }
        });
    }

    private EngineServer target(HttpServerRequest request) throws EngineError {
        var name = request.getParam("engine");
        var target = name == null ? server : server.cluster().server(name);
        if (target == null) {
            throw new EngineError(404, "NotFoundError", "engine", "There is no engine " + name + ".");
        }
        return target;
    }

    private static void apply(EngineServer target, Faults faults, Promise<Void> done) {
        target.onLoop(there -> target.faults(faults, done));
    }
}
