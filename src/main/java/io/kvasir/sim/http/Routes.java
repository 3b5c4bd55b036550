package io.kvasir.sim.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Paths of one engine's server. */
final class Routes {
    private static final String JSON = "application/json";
    private static final String METRICS = "text/plain; version=0.0.4; charset=utf-8";
    /** What needs no key. */
    private static final Set<String> OPEN = Set.of("/health", "/ping", "/metrics", "/version", "/load");

    private static final String RESPONSES = "/v1/responses/";
    private static final String CANCEL = "/cancel";

    private final EngineConfig config;
    private final EngineServer server;
    private final EngineHost host;
    private final RequestReader reader;
    private final Models models;
    private final ResponseStore store;
    private final ModelFaults faults;
    private final Map<String, Endpoint> gets = new HashMap<>();
    private final Map<String, Endpoint> posts = new HashMap<>();
    private long requests;

    /** What answers requests for one path. */
    private interface Endpoint {
        void serve(HttpServerRequest request, byte[] body) throws EngineError;
    }

    Routes(EngineConfig config, EngineServer server, EngineHost host, Adapters adapters) {
        this.config = config;
        this.server = server;
        this.host = host;
        this.store = new ResponseStore(config.options().storesResponses());
        this.reader = new RequestReader(config, adapters, store);
        this.models = new Models(config, adapters);
        this.faults = new ModelFaults(server, host, reader);
        reads();
        models();
        control();
        admin();
    }

    private void reads() {
        gets.put("/health", (request, body) -> request.response().end());
        var events = server.buffer();
        if (events != null) {
            gets.put("/kv_cache_events", (request, body) -> json(request, 200, events.read()));
            posts.put("/kv_cache_events", (request, body) -> json(request, 200, events.read()));
        }
        gets.put("/ping", (request, body) -> request.response().end());
        gets.put("/health_generate", (request, body) -> request.response().end());
        gets.put(
                "/metrics",
                (request, body) -> server.later(host.faults().count(Fault.METRICS_DELAY), () -> {
                    if (!request.response().closed()) {
                        request.response().putHeader("content-type", METRICS).end(server.metrics());
                    }
                }));
        gets.put(
                "/v1/models",
                (request, body) -> json(request, 200, models.list(host.faults().count(Fault.EXTRA_MODELS))));
        gets.put("/version", (request, body) -> json(request, 200, "{\"version\":\"0.32.0\"}"));
        var publisher = server.publisher();
        if (publisher != null && config.dialect() == EngineDialect.VLLM) {
            gets.put("/kv_event_sources", (request, body) -> json(request, 200, publisher.sources()));
        }
        gets.put(
                "/load",
                (request, body) ->
                        json(request, 200, "{\"server_load\":" + host.answers().size() + "}"));
        gets.put(
                "/is_sleeping",
                (request, body) -> json(request, 200, "{\"is_sleeping\":" + (host.sleepLevel() > 0) + "}"));
        for (var path : new String[] {"/get_model_info", "/model_info"}) {
            gets.put(path, (request, body) -> json(request, 200, models.info()));
        }
    }

    private void models() {
        model(Api.CHAT, "/v1/chat/completions");
        model(Api.COMPLETIONS, "/v1/completions");
        model(Api.RESPONSES, "/v1/responses");
        model(Api.MESSAGES, "/v1/messages");
        model(Api.EMBEDDINGS, "/v1/embeddings");
        model(Api.POOLING, "/pooling");
        model(Api.CLASSIFY, "/classify");
        model(Api.SCORE, "/score", "/v1/score");
        model(Api.RERANK, "/rerank", "/v1/rerank", "/v2/rerank");
        model(Api.TRANSCRIPTIONS, "/v1/audio/transcriptions", "/v1/audio/translations");
        if (config.dialect() == EngineDialect.SGLANG) {
            model(Api.GENERATE, "/generate");
        } else {
            model(Api.TOKENS, "/inference/v1/generate");
        }
        var tokenizer = new Tokenizer(config.limits().maxModelLength());
        posts.put("/tokenize", (request, body) -> json(request, 200, tokenizer.tokenize(named(body))));
        posts.put(
                "/detokenize",
                (request, body) -> json(request, 200, tokenizer.detokenize(named(body), config.dialect())));
        posts.put(
                "/v1/messages/count_tokens",
                (request, body) -> json(request, 200, Tokenizer.count(Conversion.messages(named(body), true))));
    }

    /** The body of a request about a model that is here. */
    private JsonNode named(byte[] body) throws EngineError {
        var json = Json.object(body);
        reader.model(json);
        return json;
    }

    private void model(Api api, String... paths) {
        for (var path : paths) {
            posts.put(path, (request, body) -> {
                if (!faults.answered(request, body)) {
                    generate(request, body, api);
                }
            });
        }
    }

    private void control() {
        if (config.options().runtimeAdapters()) {
            posts.put("/v1/load_lora_adapter", (request, body) -> text(request, models.load(body)));
            posts.put("/v1/unload_lora_adapter", (request, body) -> text(request, models.unload(body)));
        }
        posts.put("/sleep", (request, body) -> {
            host.sleep("2".equals(request.getParam("level")) ? 2 : 1);
            request.response().end();
        });
        posts.put("/wake_up", (request, body) -> {
            host.wake();
            request.response().end();
        });
        for (var path : new String[] {"/reset_prefix_cache", "/flush_cache"}) {
            posts.put(path, (request, body) -> {
                host.engine().dropCache();
                request.response().end();
            });
        }
    }

    private void admin() {
        var admin = new AdminRoutes(server, host);
        gets.put("/admin/state", (request, body) -> admin.state(request));
        gets.put("/admin/faults", (request, body) -> json(request, 200, admin.faults()));
        posts.put("/admin/faults", admin::set);
    }

    /** Answers a request whose body is there. */
    void serve(HttpServerRequest request, byte[] body) {
        var path = path(request);
        boolean admin = AdminRoutes.isAdmin(request);
        if (!admin && host.faults().is(Fault.SILENT)) {
            return;
        }
        if (!admin && !OPEN.contains(path) && !authorised(request)) {
            json(request, 401, "{\"error\":\"Unauthorized\"}");
            return;
        }
        try {
            var endpoint = endpoint(request.method(), path);
            if (endpoint == null) {
                unknown(request, path);
            } else {
                endpoint.serve(request, body);
            }
        } catch (EngineError e) {
            json(request, e.status(), e.json(config.dialect(), path));
        }
    }

    static String path(HttpServerRequest request) {
        var path = request.path();
        return path == null ? "" : path;
    }

    private boolean authorised(HttpServerRequest request) {
        var key = config.options().apiKey();
        if (key.isEmpty()) {
            return true;
        }
        var given = request.getHeader("authorization");
        return given != null
                && given.toLowerCase(Locale.ROOT).startsWith("bearer ")
                && given.substring(7).equals(key);
    }

    private @Nullable Endpoint endpoint(HttpMethod method, String path) {
        var byMethod = HttpMethod.GET.equals(method) ? gets : HttpMethod.POST.equals(method) ? posts : null;
        var exact = byMethod == null ? null : byMethod.get(path);
        return exact == null && path.startsWith(RESPONSES)
                ? response(method, path.substring(RESPONSES.length()))
                : exact;
    }

    private @Nullable Endpoint response(HttpMethod method, String rest) {
        if (rest.isEmpty() || rest.indexOf('/') >= 0) {
            return HttpMethod.POST.equals(method)
                            && rest.endsWith(CANCEL)
                            && rest.indexOf('/') == rest.length() - CANCEL.length()
                    ? cancel(rest.substring(0, rest.length() - CANCEL.length()))
                    : null;
        }
        return HttpMethod.GET.equals(method)
                ? (request, body) -> json(request, 200, store.get(rest).json())
                : HttpMethod.DELETE.equals(method) ? (request, body) -> json(request, 200, store.delete(rest)) : null;
    }

    private Endpoint cancel(String id) {
        return (request, body) -> {
            store.get(id);
            throw new EngineError(400, "invalid_request_error", "response_id", "Cannot cancel a synchronous response.");
        };
    }

    private void generate(HttpServerRequest request, byte[] body, Api api) throws EngineError {
        var given = request.getHeader("x-request-id");
        var json =
                api == Api.TRANSCRIPTIONS ? Multipart.form(request.getHeader("content-type"), body) : Json.object(body);
        var generation = reader.read(json, api);
        requests++;
        // ids of responses are the engine's own, the others the client may choose
        var base = given == null || api == Api.RESPONSES ? Long.toHexString(requests) + "-" + config.name() : given;
        var format =
                AnswerFormat.of(config.dialect(), generation, api.id(base), System.currentTimeMillis() / 1000, store);
        server.answer(request, generation, format);
    }

    private boolean known(String path) {
        return gets.containsKey(path) || posts.containsKey(path);
    }

    /** As the web framework answers what it has no route for. */
    private void unknown(HttpServerRequest request, String path) {
        if (known(path)) {
            request.response().putHeader("allow", gets.containsKey(path) ? "GET" : "POST");
            json(request, 405, "{\"detail\":\"Method Not Allowed\"}");
        } else if (path.endsWith("/") && known(path.substring(0, path.length() - 1))) {
            redirect(request, 307, path.substring(0, path.length() - 1));
        } else {
            json(request, 404, "{\"detail\":\"Not Found\"}");
        }
    }

    /** Sends the client to a path of this engine, by the address that the client used. */
    static void redirect(HttpServerRequest request, int status, String path) {
        var authority = request.authority();
        var query = request.query();
        request.response()
                .setStatusCode(status)
                .putHeader(
                        "location",
                        "http://" + (authority == null ? "localhost" : authority) + path
                                + (query == null ? "" : "?" + query))
                .end();
    }

    private static void text(HttpServerRequest request, String text) {
        request.response()
                .putHeader("content-type", "text/plain; charset=utf-8")
                .end(text);
    }

    /** Refuses a body that is larger than an engine takes, and the rest of it. */
    static void tooLarge(HttpServerRequest request) {
        var error = new EngineError(
                413, "BadRequestError", null, "The body is larger than " + EngineServer.MAX_BODY_BYTES + " bytes.");
        last(request, 413, error.json());
    }

    /** Refuses HTTP/1 where only HTTP/2 is spoken. */
    static void notHttp2(HttpServerRequest request) {
        last(request, 400, "{\"detail\":\"HTTP/2 only\"}");
    }

    private static void last(HttpServerRequest request, int status, String json) {
        request.response()
                .setStatusCode(status)
                .putHeader("content-type", JSON)
                .putHeader("connection", "close")
                .end(json)
                .onComplete(sent -> request.connection().close());
    }

    static void json(HttpServerRequest request, int status, String json) {
        HttpServerResponse response = request.response();
        response.setStatusCode(status).putHeader("content-type", JSON).end(json);
    }
}
