package io.kvasir.request;

/** The request format of an API. */
public enum Dialect {
    /** OpenAI chat: a list of messages. */
    CHAT_COMPLETIONS,
    /** OpenAI completions: a string, token ids, or a list of either. */
    COMPLETIONS,
    /** OpenAI responses: a string or a list of items, maybe on top of an earlier response. */
    RESPONSES,
    /** OpenAI embeddings: inputs of which nothing is generated. */
    EMBEDDINGS,
    /** Anthropic messages. */
    MESSAGES,
    /** vLLM's {@code /inference/v1/generate}: token ids in, token ids out. */
    GENERATE,
    /** Rerank and score: a query, and texts to be compared with it. Nothing is generated. */
    SCORING,
    /**
     * An API that names a model and is routed by it, with a prompt that is not looked for: tokenize, speech, images, counts
     * of tokens, uploads of sound. The body may be anything; a JSON object or a form is looked at.
     */
    MODEL_ONLY,
    /** Everything else: fields are noted where the body happens to be a JSON object, prompt content is not looked for. */
    PASSTHROUGH;

    /**
     * The dialect that a path speaks.
     *
     * @param path an absolute path with or without a query, maybe under {@code /llm/<model>} or another prefix; unknown
     *     ones, and paths below known ones, are {@link #PASSTHROUGH}
     */
    public static Dialect ofPath(String path) {
        return RequestPath.of(path).dialect();
    }

    /** Whether a body that is not what the dialect demands is refused. */
    public boolean strict() {
        return this != SCORING && this != MODEL_ONLY && this != PASSTHROUGH;
    }

    /** Whether a request has to say which model it is for where the pool has several. */
    public boolean needsModel() {
        return this != PASSTHROUGH;
    }

    /** Whether answers are generated token by token, so that output length matters. */
    public boolean generates() {
        return this != EMBEDDINGS && this != SCORING && this != MODEL_ONLY && this != PASSTHROUGH;
    }
}
