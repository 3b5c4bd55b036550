package io.kvasir.schedule;

import org.jspecify.annotations.Nullable;

/**
 * A request that is not routed, as the client is to be told: the fields of an OpenAI error.
 *
 * @param status HTTP status
 * @param type error type such as {@code invalid_request_error}
 * @param code error code, null for none
 * @param param the request member at fault, null for none
 * @param message one line for the client
 */
public record Rejection(
        int status,
        String type,
        @Nullable String code,
        @Nullable String param,
        String message,
        RejectReason reason) {

    static Rejection unavailable(String message, RejectReason reason) {
        return new Rejection(503, "service_unavailable_error", "service_unavailable", null, message, reason);
    }

    static Rejection invalid(int status, String code, @Nullable String param, String message, RejectReason reason) {
        return new Rejection(status, "invalid_request_error", code, param, message, reason);
    }

    /** The body of the answer: {@code {"error":{…}}}. */
    public String toJson() {
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
