package io.kvasir.request;

import org.jspecify.annotations.Nullable;

/** The body of an error as OpenAI's API words it; every door answers with this one. */
public final class ErrorBody {
    private ErrorBody() {}

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
