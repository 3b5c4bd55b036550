package io.kvasir.token;

/** A source does not know the tokens of a prompt. */
final class UntoldException extends Exception {
    private static final long serialVersionUID = 1;

    private final TokenGap why;

    UntoldException(TokenGap why, String message) {
        super(message, null, false, false);
        this.why = why;
    }

    TokenGap why() {
        return why;
    }
}
