package io.kvasir.sim.http;

import org.jspecify.annotations.Nullable;

/** An error that the client gets to see. */
final class EngineError extends Exception {
    private static final long serialVersionUID = 1;

    private final int status;
    private final String type;
    private final @Nullable String param;

    EngineError(int status, String type, @Nullable String param, String message) {
        super(message, null, false, false);
        this.status = status;
        this.type = type;
        this.param = param;
    }

    static EngineError badRequest(@Nullable String param, String message) {
        return new EngineError(400, "BadRequestError", param, message);
    }

    int status() {
        return status;
    }

    /** As the engine writes errors of the API at that path. */
    String json(EngineDialect dialect, String path) {
        var message = Json.quote(String.valueOf(getMessage()));
        if (dialect == EngineDialect.SGLANG && path.equals("/generate")) {
            return "{\"error\":{\"message\":" + message + "}}";
        }
        if (path.startsWith("/v1/messages")) {
            return "{\"type\":\"error\",\"error\":{\"type\":" + Json.quote(type) + ",\"message\":" + message + "}}";
        }
        return dialect == EngineDialect.SGLANG
                ? "{\"object\":\"error\",\"message\":" + message + ",\"type\":" + Json.quote(type) + ",\"param\":"
                        + (param == null ? "null" : Json.quote(param)) + ",\"code\":" + status + "}"
                : json();
    }

    String json() {
        return "{\"error\":{\"message\":" + Json.quote(String.valueOf(getMessage())) + ",\"type\":" + Json.quote(type)
                + ",\"param\":" + (param == null ? "null" : Json.quote(param)) + ",\"code\":" + status + "}}";
    }
}
