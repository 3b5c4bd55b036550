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
    /** Everything else: fields are noted where the body happens to be a JSON object, prompt content is not looked for. */
    PASSTHROUGH;

    /**
     * The dialect that a path speaks.
     *
     * @param path an absolute path with or without a query, maybe under {@code /llm/<model>}; unknown ones, and paths
     *     below known ones, are {@link #PASSTHROUGH}
     */
    public static Dialect ofPath(String path) {
        return RequestPath.of(path).dialect();
    }

    /** The dialect of a path without prefix and query. */
    static Dialect ofPlainPath(String path) {
        return switch (path) {
            case "/v1/chat/completions" -> CHAT_COMPLETIONS;
            case "/v1/completions" -> COMPLETIONS;
            case "/v1/responses" -> RESPONSES;
            case "/v1/embeddings" -> EMBEDDINGS;
            case "/v1/messages" -> MESSAGES;
            case "/inference/v1/generate" -> GENERATE;
            default -> PASSTHROUGH;
        };
    }

    /** Whether answers are generated token by token, so that output length matters. */
    public boolean generates() {
        return this != EMBEDDINGS && this != PASSTHROUGH;
    }
}
