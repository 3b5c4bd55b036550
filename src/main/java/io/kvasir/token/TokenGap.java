package io.kvasir.token;

/** Why a source did not say what the tokens of a prompt are; the codes are stable names in metrics. */
public enum TokenGap {
    /** Nobody configured a tokenizer for the model, or it cannot run on this machine. */
    NO_TOKENIZER("no-tokenizer"),
    /** A chat, and the tokenizer came without a template that is understood. */
    NO_TEMPLATE("no-template"),
    /** The prompt has something in it that is not text, or asks for what only the engine can do. */
    NOT_TEXT("not-text"),
    /** The engine turns prompts of this API into chats in its own way. */
    OTHER_API("other-api"),
    /** The template does not take the prompt. */
    REFUSED("refused"),
    /** What it said before was not what the engine says. */
    CONTRADICTED("contradicted"),
    /** The body is no longer held whole. */
    BODY_GONE("body-gone"),
    /** It is longer than memory allows to be worked on here. */
    TOO_LONG("too-long"),
    /** No engine that could be asked answers, or they are not asked. */
    NO_ENGINE("no-engine"),
    /** Too many prompts are tokenised or wait for it. */
    BUSY("busy"),
    /** It took too long, and the request went on. */
    LATE("late");

    private final String code;

    TokenGap(String code) {
        this.code = code;
    }

    public String code() {
        return code;
    }
}
