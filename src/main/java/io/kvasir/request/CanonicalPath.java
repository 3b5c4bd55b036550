package io.kvasir.request;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import org.jspecify.annotations.Nullable;

/**
 * A path as everybody reads it: escapes of characters that need none are decoded, all others stand in capitals (RFC 3986
 * §6.2.2). What two readers could take for two different paths has no such form: dot segments, empty segments,
 * parameters, backslashes, control bytes, escapes of escapes, and bytes that are no UTF-8.
 *
 * @param text the canonical path; where there is a problem, the path as it came
 * @param problem why there is no canonical form, one line without the path in it; null where there is one
 */
record CanonicalPath(String text, @Nullable String problem) {
    private static final String HEX = "0123456789ABCDEF";
    /** Escapes that would mean something of their own as plain characters of a path. */
    private static final String[] SPECIAL = {"%2F", "%3B", "%3F", "%23"};

    /** The form of a path without its query. */
    static CanonicalPath of(String path) {
        if (plain(path)) {
            return new CanonicalPath(path, null);
        }
        var out = new StringBuilder(path.length() + 8);
        String problem = null;
        for (int i = 0; i < path.length() && problem == null; i++) {
            char c = path.charAt(i);
            if (c == '%') {
                int value = escape(path, i);
                problem = value < 0 ? null : problem(value);
                if (value >= 0 && unreserved(value)) {
                    out.append((char) value);
                } else {
                    // a percent sign that begins no escape stands for itself
                    put(out, value < 0 ? '%' : value);
                }
                i += value < 0 ? 0 : 2;
            } else if (c >= 0x7f) {
                problem = c == 0x7f || c == '\uFFFD' ? "a byte that no path has" : null;
                int end = Character.isHighSurrogate(c) ? Math.min(path.length(), i + 2) : i + 1;
                for (byte b : path.substring(i, end).getBytes(UTF_8)) {
                    put(out, b & 0xff);
                }
                i = end - 1;
            } else {
                problem = c == ';' || c == '#' ? "parameters or a fragment" : problem(c);
                out.append(c);
            }
        }
        String text = out.toString();
        if (problem == null) {
            problem = structure(text);
        }
        return problem == null ? new CanonicalPath(text, null) : new CanonicalPath(path, problem);
    }

    /** Whether some part of a canonical text would mean something else if it were decoded once more. */
    static boolean special(String canonical) {
        if (canonical.indexOf('%') >= 0) {
            for (String escape : SPECIAL) {
                if (canonical.contains(escape)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Every escape of a canonical text decoded. */
    static String decoded(String canonical) {
        if (canonical.indexOf('%') < 0) {
            return canonical;
        }
        return UTF_8.decode(bytes(canonical)).toString();
    }

    private static boolean plain(String path) {
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            boolean segmentStart = i > 0 && path.charAt(i - 1) == '/';
            if (!(unreserved(c) || c == '/' || c == ':') || (segmentStart && (c == '/' || c == '.'))) {
                return false;
            }
        }
        return true;
    }

    private static @Nullable String problem(int c) {
        if (c <= ' ' || c == 0x7f) {
            return c == ' ' ? null : "a control byte";
        }
        return c == '\\' ? "a backslash" : null;
    }

    private static @Nullable String structure(String text) {
        int from = text.indexOf("%25");
        while (from >= 0) {
            if (escape(text, from + 2) >= 0) {
                return "an escape of an escape";
            }
            from = text.indexOf("%25", from + 3);
        }
        String[] segments = text.replace("%2F", "/").split("/", -1);
        for (int i = 0; i < segments.length; i++) {
            boolean inner = i > 0 && i < segments.length - 1;
            if (inner && segments[i].isEmpty()) {
                return "an empty segment";
            }
            if (segments[i].equals(".") || segments[i].equals("..")) {
                return "a dot segment";
            }
        }
        try {
            if (text.indexOf('%') >= 0) {
                UTF_8.newDecoder().decode(bytes(text));
            }
            return null;
        } catch (CharacterCodingException e) {
            return "bytes that are no UTF-8";
        }
    }

    private static ByteBuffer bytes(String canonical) {
        var bytes = ByteBuffer.allocate(canonical.length());
        for (int i = 0; i < canonical.length(); i++) {
            char c = canonical.charAt(i);
            if (c == '%') {
                bytes.put((byte) escape(canonical, i));
                i += 2;
            } else {
                bytes.put((byte) c);
            }
        }
        return bytes.flip();
    }

    /** The value of the two hex digits behind that place; -1 where they are none. */
    private static int escape(String text, int before) {
        if (before + 2 >= text.length()) {
            return -1;
        }
        int high = hex(text.charAt(before + 1));
        int low = hex(text.charAt(before + 2));
        return high < 0 || low < 0 ? -1 : high << 4 | low;
    }

    private static int hex(char c) {
        return c < 0x80 ? Character.digit(c, 16) : -1;
    }

    private static void put(StringBuilder out, int value) {
        out.append('%').append(HEX.charAt(value >> 4)).append(HEX.charAt(value & 15));
    }

    private static boolean unreserved(int c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || c == '-'
                || c == '.'
                || c == '_'
                || c == '~';
    }
}
