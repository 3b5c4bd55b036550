package io.kvasir.token;

import io.kvasir.token.jinja.Nothing;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads JSON as values that templates know: integers keep all their digits, members their order, {@code null} is
 * {@link Nothing#NONE}; of two members of one name the last counts, in the place of the first, as Python has it.
 */
final class JsonTree {
    private static final int MOST_DEPTH = 128;
    private static final int MOST_DIGITS = 4_300;

    private final String text;
    private int at;

    private JsonTree(String text) {
        this.text = text;
    }

    /** @throws IllegalArgumentException where it is no JSON */
    static Object parse(byte[] json) {
        return parse(new String(json, StandardCharsets.UTF_8));
    }

    /** @throws IllegalArgumentException where it is no JSON */
    static Object parse(String json) {
        var tree = new JsonTree(json);
        var value = tree.value(0);
        if (tree.peek() != 0) {
            throw tree.failure();
        }
        return value;
    }

    /**
     * Of an object only the members of these names; what the others are is passed over.
     *
     * @throws IllegalArgumentException where it is no JSON object
     */
    static Map<String, Object> parse(String json, Set<String> names) {
        var tree = new JsonTree(json);
        var members = new LinkedHashMap<String, Object>();
        if (tree.peek() != '{') {
            throw tree.failure();
        }
        tree.at++;
        while (tree.peek() == '"') {
            String name = tree.string();
            tree.expect(':');
            if (names.contains(name)) {
                members.put(name, tree.value(1));
            } else {
                tree.skip();
            }
            if (tree.peek() == ',') {
                tree.at++;
            }
        }
        tree.expect('}');
        return members;
    }

    private void skip() {
        int depth = 0;
        while (true) {
            char c = peek();
            if (c == 0) {
                throw failure();
            } else if (c == '"') {
                skipString();
            } else {
                if (depth == 0 && (c == ',' || c == '}' || c == ']')) {
                    return;
                }
                depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
                at++;
            }
            if (depth == 0 && (c == '"' || c == '}' || c == ']')) {
                return;
            }
        }
    }

    private void skipString() {
        for (at++; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c == '\\') {
                at++;
            } else if (c == '"') {
                at++;
                return;
            }
        }
        throw failure();
    }

    /** Whether a member is there and not {@code null}. */
    static boolean isSaid(@Nullable Object value) {
        return value != null && value != Nothing.NONE;
    }

    /** Puts a member of one object into another, by a name there, where it is said. */
    static void copy(Map<String, Object> from, String name, Map<String, Object> to, String as) {
        var value = from.get(name);
        if (isSaid(value)) {
            to.put(as, value);
        }
    }

    /** The members of an object; none of anything else. */
    @SuppressWarnings("unchecked") // members of what is read here have names
    static Map<String, Object> members(@Nullable Object value) {
        return value instanceof Map<?, ?> map ? (Map<String, Object>) map : Map.of();
    }

    /** The elements of a list; none of anything else. */
    static List<?> elements(@Nullable Object value) {
        return value instanceof List<?> list ? list : List.of();
    }

    private char peek() {
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c != ' ' && c != '\n' && c != '\t' && c != '\r') {
                return c;
            }
            at++;
        }
        return 0;
    }

    private Object value(int depth) {
        if (depth > MOST_DEPTH) {
            throw failure();
        }
        return switch (peek()) {
            case '{' -> object(depth);
            case '[' -> list(depth);
            case '"' -> string();
            case 't' -> literal("true", true);
            case 'f' -> literal("false", false);
            case 'n' -> literal("null", Nothing.NONE);
            default -> number();
        };
    }

    private Object literal(String word, Object value) {
        if (!text.startsWith(word, at)) {
            throw failure();
        }
        at += word.length();
        return value;
    }

    private Object object(int depth) {
        var members = new LinkedHashMap<String, Object>();
        at++;
        if (peek() == '}') {
            at++;
            return members;
        }
        while (true) {
            if (peek() != '"') {
                throw failure();
            }
            String name = string();
            expect(':');
            members.put(name, value(depth + 1));
            if (peek() != ',') {
                expect('}');
                return members;
            }
            at++;
        }
    }

    private Object list(int depth) {
        var elements = new ArrayList<Object>();
        at++;
        if (peek() == ']') {
            at++;
            return elements;
        }
        while (true) {
            elements.add(value(depth + 1));
            if (peek() != ',') {
                expect(']');
                return elements;
            }
            at++;
        }
    }

    private void expect(char wanted) {
        if (peek() != wanted) {
            throw failure();
        }
        at++;
    }

    private String string() {
        int from = ++at;
        int quote = text.indexOf('"', from);
        if (quote < 0) {
            throw failure();
        }
        int escape = text.indexOf('\\', from, quote);
        at = escape < 0 ? quote + 1 : escape;
        return escape < 0 ? text.substring(from, quote) : escaped(from, quote);
    }

    /** A string from {@code from} on, in which the next quote is known, and an escape stands where this does. */
    private String escaped(int from, int nextQuote) {
        int quote = nextQuote;
        var out = new StringBuilder(Math.max(32, quote - from)).append(text, from, at);
        while (true) {
            unescape(out);
            if (quote < at) {
                quote = text.indexOf('"', at);
                if (quote < 0) {
                    throw failure();
                }
            }
            int escape = text.indexOf('\\', at, quote);
            out.append(text, at, escape < 0 ? quote : escape);
            if (escape < 0) {
                at = quote + 1;
                return out.toString();
            }
            at = escape;
        }
    }

    private void unescape(StringBuilder out) {
        char escape = at + 1 < text.length() ? text.charAt(at + 1) : 0;
        at += 2;
        switch (escape) {
            case 'n' -> out.append('\n');
            case 't' -> out.append('\t');
            case 'r' -> out.append('\r');
            case 'b' -> out.append('\b');
            case 'f' -> out.append('\f');
            case '"', '\\', '/' -> out.append(escape);
            case 'u' -> {
                if (at + 4 > text.length()) {
                    throw failure();
                }
                out.append((char) Integer.parseInt(text, at, at + 4, 16));
                at += 4;
            }
            default -> throw failure();
        }
    }

    private Object number() {
        int from = at;
        boolean whole = true;
        while (at < text.length()) {
            char c = text.charAt(at);
            boolean digit = c >= '0' && c <= '9' || c == '-' && at == from;
            if (!digit && (c != '.' && c != 'e' && c != 'E' && c != '+' && c != '-')) {
                break;
            }
            whole &= digit;
            at++;
        }
        String digits = text.substring(from, at);
        if (digits.isEmpty() || digits.length() > MOST_DIGITS) {
            throw failure();
        }
        if (!whole) {
            return Double.parseDouble(digits);
        }
        if (digits.length() < 19) {
            return Long.parseLong(digits);
        }
        var big = new BigInteger(digits);
        return big.bitLength() < 64 ? (Object) big.longValue() : big;
    }

    private IllegalArgumentException failure() {
        return new IllegalArgumentException("no JSON at character " + at);
    }
}
