package io.kvasir.token.jinja;

import io.kvasir.token.jinja.Token.Kind;
import java.util.List;

/** Goes through the tokens of a template. */
final class TokenReader {
    private final List<Token> tokens;
    private int at;

    TokenReader(List<Token> tokens) {
        this.tokens = tokens;
    }

    Token peek() {
        return tokens.get(at);
    }

    Token peekNext() {
        return tokens.get(Math.min(at + 1, tokens.size() - 1));
    }

    Token next() {
        var token = tokens.get(at);
        if (token.kind() != Kind.END) {
            at++;
        }
        return token;
    }

    boolean takeOperator(String wanted) {
        boolean is = peek().isOperator(wanted);
        if (is) {
            at++;
        }
        return is;
    }

    boolean takeName(String wanted) {
        boolean is = peek().isName(wanted);
        if (is) {
            at++;
        }
        return is;
    }

    void operator(String wanted) {
        if (!takeOperator(wanted)) {
            throw failure("expected " + wanted);
        }
    }

    void name(String wanted) {
        if (!takeName(wanted)) {
            throw failure("expected " + wanted);
        }
    }

    Token next(Kind wanted) {
        if (peek().kind() != wanted) {
            throw failure("expected " + wanted);
        }
        return next();
    }

    TemplateException failure(String what) {
        var token = peek();
        return new TemplateException(
                "line " + token.line() + ": " + what + (token.text().isBlank() ? "" : " at " + token.text()));
    }
}
