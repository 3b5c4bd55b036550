package io.kvasir.request;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * A request's path taken apart. {@code /llm/<model>/v1/chat/completions} names the model of a body that has none; the
 * model may contain slashes, plain or percent-encoded, and ends before the first {@code /v1/} or {@code /inference/}
 * that follows it.
 *
 * @param dialect what the path speaks
 * @param model the model named by the path, decoded; null where it names none
 * @param upstream the path with its query as an engine knows it, without the prefix
 */
public record RequestPath(Dialect dialect, @Nullable String model, String upstream) {
    private static final String PREFIX = "/llm/";
    private static final String[] API_ROOTS = {"/v1/", "/inference/"};

    /** Takes apart an absolute path with or without a query. */
    public static RequestPath of(String path) {
        int query = path.indexOf('?');
        String plain = query < 0 ? path : path.substring(0, query);
        if (!plain.startsWith(PREFIX)) {
            return new RequestPath(Dialect.ofPlainPath(trimmed(plain)), null, path);
        }
        int end = modelEnd(plain);
        if (end == PREFIX.length()) {
            return new RequestPath(Dialect.PASSTHROUGH, null, path);
        }
        String rest = plain.substring(end);
        return new RequestPath(
                Dialect.ofPlainPath(trimmed(rest)),
                decoded(plain.substring(PREFIX.length(), end)),
                (rest.isEmpty() ? "/" : rest) + path.substring(plain.length()));
    }

    private static String trimmed(String path) {
        return path.length() > 1 && path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    }

    private static int modelEnd(String plain) {
        int end = Integer.MAX_VALUE;
        for (String root : API_ROOTS) {
            int at = plain.indexOf(root, PREFIX.length());
            if (at >= 0) {
                end = Math.min(end, at);
            }
        }
        if (end < Integer.MAX_VALUE) {
            return end;
        }
        int slash = plain.indexOf('/', PREFIX.length());
        return slash < 0 ? plain.length() : slash;
    }

    /** Percent-decoded; an escape that is none stays as it is. */
    private static String decoded(String text) {
        if (text.indexOf('%') < 0) {
            return text;
        }
        byte[] bytes = text.getBytes(UTF_8);
        var out = new ByteArrayOutputStream(bytes.length);
        for (int i = 0; i < bytes.length; i++) {
            int high = i < bytes.length - 2 ? Character.digit(bytes[i + 1], 16) : -1;
            int low = i < bytes.length - 2 ? Character.digit(bytes[i + 2], 16) : -1;
            if (bytes[i] == '%' && high >= 0 && low >= 0) {
                out.write(high << 4 | low);
                i += 2;
            } else {
                out.write(bytes[i]);
            }
        }
        return out.toString(UTF_8);
    }
}
