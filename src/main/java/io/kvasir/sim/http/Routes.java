package io.kvasir.sim.http;

import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.Set;

/** Paths of one engine's server. */
final class Routes {
    private static final String JSON = "application/json";
    private static final String METRICS = "text/plain; version=0.0.4; charset=utf-8";
    private static final Set<String> POSTS = Set.of(
            "/v1/chat/completions",
            "/v1/completions",
            "/v1/load_lora_adapter",
            "/v1/unload_lora_adapter",
            "/sleep",
            "/wake_up",
            "/reset_prefix_cache",
            "/flush_cache",
            "/admin/faults");

    private final EngineConfig config;
    private final EngineServer server;
    private final EngineHost host;
    private final RequestReader reader;
    private final Models models;
    private final AdminRoutes admin;
    private long requests;

    Routes(EngineConfig config, EngineServer server, EngineHost host, Adapters adapters) {
        this.config = config;
        this.server = server;
        this.host = host;
        this.reader = new RequestReader(config, adapters);
        this.models = new Models(config, adapters);
        this.admin = new AdminRoutes(server, host);
    }

    void get(HttpServerRequest request) {
        switch (path(request)) {
            case "/health", "/ping", "/health_generate" -> request.response().end();
            case "/metrics" ->
                request.response().putHeader("content-type", METRICS).end(server.metrics());
            case "/v1/models" -> json(request, 200, models.list());
            case "/version" -> json(request, 200, "{\"version\":\"0.32.0\"}");
            case "/load" ->
                json(request, 200, "{\"server_load\":" + host.answers().size() + "}");
            case "/is_sleeping" -> json(request, 200, "{\"is_sleeping\":" + (host.sleepLevel() > 0) + "}");
            case "/get_model_info", "/model_info" -> json(request, 200, models.info());
            case "/admin/state" -> json(request, 200, admin.state());
            case "/admin/faults" -> json(request, 200, admin.faults());
            default -> unknown(request);
        }
    }

    void post(HttpServerRequest request, byte[] body) {
        if (!HttpMethod.POST.equals(request.method())) {
            unknown(request);
            return;
        }
        try {
            switch (path(request)) {
                case "/v1/chat/completions" -> generate(request, body, true);
                case "/v1/completions" -> generate(request, body, false);
                case "/v1/load_lora_adapter" -> text(request, models.load(body));
                case "/v1/unload_lora_adapter" -> text(request, models.unload(body));
                case "/sleep" -> {
                    host.sleep("2".equals(request.getParam("level")) ? 2 : 1);
                    request.response().end();
                }
                case "/wake_up" -> {
                    host.wake();
                    request.response().end();
                }
                case "/reset_prefix_cache", "/flush_cache" -> {
                    host.engine().dropCache();
                    request.response().end();
                }
                case "/admin/faults" -> admin.set(request, body);
                default -> unknown(request);
            }
        } catch (ApiError e) {
            json(request, e.status(), e.json());
        }
    }

    private void generate(HttpServerRequest request, byte[] body, boolean chat) throws ApiError {
        var given = request.getHeader("x-request-id");
        if (given != null) {
            request.response().putHeader("x-request-id", given);
        }
        if (host.failsNow()) {
            int status = host.faults().errorStatus();
            if (status == 429) {
                request.response().putHeader("retry-after", "1");
            }
            throw new ApiError(
                    status, status < 500 ? "RateLimitError" : "InternalServerError", null, "simulated failure");
        }
        var generation = reader.read(body, chat);
        requests++;
        var base = given == null ? Long.toHexString(requests) + "-" + config.name() : given;
        var id = (chat ? "chatcmpl-" : "cmpl-") + base;
        var format = AnswerFormat.of(config.dialect(), generation, id, System.currentTimeMillis() / 1000);
        server.answer(request, generation, format);
    }

    private static String path(HttpServerRequest request) {
        var path = request.path();
        return path == null ? "" : path;
    }

    private static void unknown(HttpServerRequest request) {
        if (POSTS.contains(path(request))) {
            json(request, 405, "{\"detail\":\"Method Not Allowed\"}");
        } else {
            json(request, 404, "{\"detail\":\"Not Found\"}");
        }
    }

    private static void text(HttpServerRequest request, String text) {
        request.response()
                .putHeader("content-type", "text/plain; charset=utf-8")
                .end(text);
    }

    /** Refuses a body that is larger than an engine takes, and the rest of it. */
    static void tooLarge(HttpServerRequest request) {
        var error = new ApiError(
                413, "BadRequestError", null, "The body is larger than " + EngineServer.MAX_BODY_BYTES + " bytes.");
        request.response()
                .setStatusCode(413)
                .putHeader("content-type", JSON)
                .putHeader("connection", "close")
                .end(error.json())
                .onComplete(sent -> request.connection().close());
    }

    static void json(HttpServerRequest request, int status, String json) {
        HttpServerResponse response = request.response();
        response.setStatusCode(status).putHeader("content-type", JSON).end(json);
    }
}
