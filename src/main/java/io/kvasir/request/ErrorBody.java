package io.kvasir.request;

import org.jspecify.annotations.Nullable;

/** The body of an error, as the API that the client speaks words it; every door answers with these. */
public final class ErrorBody {
    private ErrorBody() {}

    /**
     * Writes an error in the shape that the client reads. In Anthropic's the type follows from the status, as its clients
     * choose by it whether to try again, and the message alone says the rest.
     *
     * @param status HTTP status
     * @param message one line for the client
     * @param type kind of error as OpenAI's API names it
     * @param param the member of the request at fault, null for none
     * @param code what exactly, null for nothing more exact
     * @param requestId null where the request has none
     */
    public static String json(
            ErrorShape shape,
            int status,
            String message,
            String type,
            @Nullable String param,
            @Nullable String code,
            @Nullable String requestId) {
        if (shape == ErrorShape.OPENAI) {
            return json(message, type, param, code);
        }
        var json = new StringBuilder(200).append("{\"type\":\"error\",\"error\":{\"type\":");
        quote(json, anthropicType(status));
        json.append(",\"message\":");
        quote(json, message);
        json.append('}');
        if (requestId != null) {
            json.append(",\"request_id\":");
            quote(json, requestId);
        }
        return json.append('}').toString();
    }

    /** Types by status, as Anthropic documents them. */
    private static String anthropicType(int status) {
        return switch (status) {
            case 401 -> "authentication_error";
            case 402 -> "billing_error";
            case 403 -> "permission_error";
            case 404 -> "not_found_error";
            case 413 -> "request_too_large";
            case 429 -> "rate_limit_error";
            case 503, 529 -> "overloaded_error";
            case 408, 504 -> "timeout_error";
            default -> status < 500 ? "invalid_request_error" : "api_error";
        };
    }

    /**
     * Writes {@code {"error":{"message":…,"type":…,"param":…,"code":…}}}.
     *
     * @param message one line for the client
     * @param type kind of error, such as {@code invalid_request_error}
     * @param param the member of the request at fault, null for none
     * @param code what exactly, null for nothing more exact
     */
    public static String json(String message, String type, @Nullable String param, @Nullable String code) {
        var json = new StringBuilder(160).append("{\"error\":{\"message\":");
        quote(json, message);
        json.append(",\"type\":");
        quote(json, type);
        json.append(",\"param\":");
        quote(json, param);
        json.append(",\"code\":");
        quote(json, code);
        return json.append("}}").toString();
    }

    private static void quote(StringBuilder json, @Nullable String text) {
        if (text == null) {
            json.append("null");
            return;
        }
        json.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (c < 0x20) {
                json.append(String.format("\\u%04x", (int) c));
            } else {
                json.append(c);
            }
        }
        json.append('"');
    }
}
