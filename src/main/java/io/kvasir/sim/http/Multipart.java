package io.kvasir.sim.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A form of {@code multipart/form-data} (RFC 7578), read as a JSON object; of its file size and digest are told. */
final class Multipart {
    private static final Pattern BOUNDARY = Pattern.compile(
            "multipart/form-data\\s*;.*?boundary=(?:\"([^\"]+)\"|([^;\\s]+)).*", Pattern.CASE_INSENSITIVE);
    private static final Pattern NAME =
            Pattern.compile("content-disposition:[^\r\n]*[;\\s]name=\"?([^\";\r\n]+)", Pattern.CASE_INSENSITIVE);
    private static final Pattern INTEGER = Pattern.compile("[0-9]{1,9}");
    private static final int BYTES_PER_SECOND = 32_000;

    private Multipart() {}

    /** The form; its {@code file} becomes {@code digest} and, as 16-bit audio at 16 kHz, {@code seconds}. */
    static ObjectNode form(@Nullable String contentType, byte[] body) throws EngineError {
        var type = BOUNDARY.matcher(contentType == null ? "" : contentType);
        if (!type.matches()) {
            throw EngineError.badRequest("file", "the body must be a form with a file");
        }
        var form = Json.MAPPER.createObjectNode();
        // one char a byte, so that positions are the same
        var text = new String(body, StandardCharsets.ISO_8859_1);
        var delimiter = "--" + (type.group(1) == null ? type.group(2) : type.group(1));
        int at = text.indexOf(delimiter);
        while (at >= 0) {
            int head = at + delimiter.length();
            int end = text.indexOf("\r\n" + delimiter, head);
            int blank = text.indexOf("\r\n\r\n", head);
            if (end < 0 || blank < 0 || blank > end) {
                break;
            }
            part(text.substring(head, blank), Arrays.copyOfRange(body, blank + 4, Math.max(blank + 4, end)), form);
            at = end + 2;
        }
        if (!form.has("digest")) {
            throw EngineError.badRequest("file", "the form has no file");
        }
        return form;
    }

    private static void part(String head, byte[] content, ObjectNode form) {
        var name = NAME.matcher(head);
        if (!name.find()) {
            return;
        }
        if (name.group(1).equals("file")) {
            form.put("digest", Arrays.hashCode(content));
            form.put("seconds", Math.max(1, content.length / BYTES_PER_SECOND));
            return;
        }
        var value = new String(content, StandardCharsets.UTF_8);
        if (value.equals("true") || value.equals("false")) {
            form.put(name.group(1), value.equals("true"));
        } else if (INTEGER.matcher(value).matches() && !name.group(1).equals("model")) {
            form.put(name.group(1), Integer.parseInt(value));
        } else {
            form.put(name.group(1), value);
        }
    }
}
