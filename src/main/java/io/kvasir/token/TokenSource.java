package io.kvasir.token;

/** Where the tokens of a prompt were known from; the codes are stable names in metrics, logs and explanations. */
public enum TokenSource {
    /** The client sent token ids. */
    CLIENT("client"),
    /** A tokenizer in this process. */
    TOKENIZER("tokenizer"),
    /** An engine was asked. */
    ENGINE("engine"),
    /** Nobody knows them: their number is estimated by the length of the text. */
    ESTIMATE("estimate");

    private final String code;

    TokenSource(String code) {
        this.code = code;
    }

    public String code() {
        return code;
    }
}
