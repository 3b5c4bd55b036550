package io.kvasir.token.jinja;

import io.kvasir.token.jinja.Token.Kind;
import java.util.ArrayList;
import java.util.List;

/**
 * Cuts a template into tokens. White space goes as {@code trim_blocks} and {@code lstrip_blocks} have it: the first newline
 * behind a block or comment, and what is before one on its line; {@code -} takes all of it, {@code +} leaves it.
 */
final class Lexer {
    private static final List<String> OPERATORS = List.of(
            "**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<", ">", "=", ".", ":", "|", ",", "(",
            ")", "[", "]", "{", "}");

    private final String source;
    private final List<Token> tokens = new ArrayList<>();
    private int at;
    private int line = 1;
    /** Whether white space before the text that follows goes. */
    private boolean stripNext;
    /** Whether a newline that begins it goes. */
    private boolean trimNext;

    private Lexer(String source) {
        this.source = source;
    }

    static List<Token> tokens(String template) {
        String source = template.replace("\r\n", "\n").replace('\r', '\n');
        return new Lexer(source.endsWith("\n") ? source.substring(0, source.length() - 1) : source).read();
    }

    private List<Token> read() {
        while (at < source.length()) {
            int open = opening(at);
            char kind = open < 0 ? 0 : source.charAt(open + 1);
            text(at, open < 0 ? source.length() : open, kind, open < 0 ? 0 : sign(open + 2));
            if (open < 0) {
                break;
            }
            lineTo(open);
            at = open + 2;
            if (sign(at) != 0) {
                at++;
            }
            switch (kind) {
                case '#' -> comment();
                case '%' -> block();
                default -> expression(Kind.PRINT_BEGIN, Kind.PRINT_END, "}}");
            }
        }
        add(Kind.END, "");
        return tokens;
    }

    private int opening(int from) {
        for (int i = source.indexOf('{', from); i >= 0 && i + 1 < source.length(); i = source.indexOf('{', i + 1)) {
            char next = source.charAt(i + 1);
            if (next == '{' || next == '%' || next == '#') {
                return i;
            }
        }
        return -1;
    }

    private char sign(int place) {
        char c = place < source.length() ? source.charAt(place) : 0;
        return c == '-' || c == '+' ? c : 0;
    }

    private void text(int from, int to, char next, char sign) {
        int start = from;
        int end = to;
        if (stripNext) {
            while (start < end && Python.isSpace(source.charAt(start))) {
                start++;
            }
        } else if (trimNext && start < end && source.charAt(start) == '\n') {
            start++;
        }
        if (next != 0 && sign == '-') {
            while (end > start && Python.isSpace(source.charAt(end - 1))) {
                end--;
            }
        } else if ((next == '%' || next == '#') && sign != '+') {
            int begin = end;
            while (begin > start && (source.charAt(begin - 1) == ' ' || source.charAt(begin - 1) == '\t')) {
                begin--;
            }
            if (begin > 0 ? source.charAt(begin - 1) == '\n' : true) {
                end = begin;
            }
        }
        stripNext = false;
        trimNext = false;
        if (end > start) {
            add(Kind.TEXT, source.substring(start, end));
        }
        lineTo(to);
        at = to;
    }

    private int counted;

    private void lineTo(int place) {
        for (; counted < place; counted++) {
            if (source.charAt(counted) == '\n') {
                line++;
            }
        }
    }

    private void comment() {
        int end = source.indexOf("#}", at);
        if (end < 0) {
            throw failure("a comment does not end");
        }
        closing(end);
        at = end + 2;
        trimNext = trimNext || !stripNext && source.charAt(end - 1) != '+';
    }

    /** What the sign before an end asks for. */
    private void closing(int end) {
        stripNext = source.charAt(end - 1) == '-';
    }

    private void block() {
        int name = at;
        while (name < source.length() && Python.isSpace(source.charAt(name))) {
            name++;
        }
        if (source.startsWith("raw", name) && !isNamePart(name + 3)) {
            raw();
            return;
        }
        expression(Kind.BLOCK_BEGIN, Kind.BLOCK_END, "%}");
    }

    private void raw() {
        int begin = source.indexOf("%}", at);
        int end = begin < 0 ? -1 : endRaw(begin + 2);
        if (end < 0) {
            throw failure("raw does not end");
        }
        closing(begin);
        trimNext = !stripNext && source.charAt(begin - 1) != '+';
        text(begin + 2, end, '%', sign(end + 2));
        int close = source.indexOf("%}", end);
        closing(close);
        trimNext = !stripNext && source.charAt(close - 1) != '+';
        at = close + 2;
    }

    private int endRaw(int from) {
        for (int i = source.indexOf("{%", from); i >= 0; i = source.indexOf("{%", i + 2)) {
            int name = i + 2 + (sign(i + 2) == 0 ? 0 : 1);
            while (name < source.length() && Python.isSpace(source.charAt(name))) {
                name++;
            }
            if (source.startsWith("endraw", name)) {
                return i;
            }
        }
        return -1;
    }

    private void expression(Kind begin, Kind end, String close) {
        add(begin, "");
        int depth = 0;
        while (true) {
            while (at < source.length() && Python.isSpace(source.charAt(at))) {
                at++;
            }
            lineTo(at);
            if (at >= source.length()) {
                throw failure(close + " is missing");
            }
            if (depth == 0) {
                int sign = sign(at) == 0 ? 0 : 1;
                if (source.startsWith(close, at + sign)) {
                    stripNext = sign(at) == '-';
                    trimNext = end == Kind.BLOCK_END && sign == 0;
                    at += sign + 2;
                    add(end, "");
                    return;
                }
            }
            depth += token();
        }
    }

    /** Reads one token; returns by how much it goes deeper into brackets. */
    private int token() {
        char c = source.charAt(at);
        if (c == '\'' || c == '"') {
            string(c);
            return 0;
        }
        if (c >= '0' && c <= '9') {
            number();
            return 0;
        }
        if (isNamePart(at)) {
            int from = at;
            while (isNamePart(at)) {
                at++;
            }
            add(Kind.NAME, source.substring(from, at));
            return 0;
        }
        for (String operator : OPERATORS) {
            if (source.startsWith(operator, at)) {
                at += operator.length();
                add(Kind.OPERATOR, operator);
                return "([{".contains(operator) ? 1 : ")]}".contains(operator) ? -1 : 0;
            }
        }
        throw failure("unexpected " + c);
    }

    private boolean isNamePart(int place) {
        if (place >= source.length()) {
            return false;
        }
        char c = source.charAt(place);
        return c == '_' || Character.isLetterOrDigit(c);
    }

    private void number() {
        int from = at;
        boolean whole = true;
        while (at < source.length() && (Character.isDigit(source.charAt(at)) || source.charAt(at) == '_')) {
            at++;
        }
        if (at + 1 < source.length() && source.charAt(at) == '.' && Character.isDigit(source.charAt(at + 1))) {
            whole = false;
            at++;
            while (at < source.length() && Character.isDigit(source.charAt(at))) {
                at++;
            }
        }
        add(whole ? Kind.INTEGER : Kind.FLOAT, source.substring(from, at).replace("_", ""));
    }

    private void string(char quote) {
        var text = new StringBuilder();
        int i = at + 1;
        while (i < source.length() && source.charAt(i) != quote) {
            char c = source.charAt(i++);
            if (c != '\\' || i >= source.length()) {
                text.append(c);
                continue;
            }
            char escaped = source.charAt(i++);
            switch (escaped) {
                case 'n' -> text.append('\n');
                case 't' -> text.append('\t');
                case 'r' -> text.append('\r');
                case 'b' -> text.append('\b');
                case 'f' -> text.append('\f');
                case '\\', '\'', '"' -> text.append(escaped);
                case '\n' -> {}
                case 'u', 'x' -> {
                    int digits = escaped == 'u' ? 4 : 2;
                    if (i + digits > source.length()) {
                        throw failure("a string does not end");
                    }
                    text.append((char) Integer.parseInt(source, i, i + digits, 16));
                    i += digits;
                }
                default -> text.append('\\').append(escaped);
            }
        }
        if (i >= source.length()) {
            throw failure("a string does not end");
        }
        at = i + 1;
        add(Kind.STRING, text.toString());
    }

    private void add(Kind kind, String text) {
        tokens.add(new Token(kind, text, line));
    }

    private TemplateException failure(String what) {
        return new TemplateException("line " + line + ": " + what);
    }
}
