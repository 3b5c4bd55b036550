package io.kvasir.sim.http;

/** An API that a model answers through, and how the ids of its answers begin. */
enum Api {
    /** {@code /v1/chat/completions}. */
    CHAT("chatcmpl-"),
    /** {@code /v1/completions}. */
    COMPLETIONS("cmpl-"),
    /** {@code /v1/responses}. */
    RESPONSES("resp_"),
    /** Anthropic's {@code /v1/messages}, which vLLM answers by way of a chat. */
    MESSAGES("chatcmpl-"),
    /** {@code /inference/v1/generate}: token ids in and out. */
    TOKENS("generate-tokens-"),
    /** SGLang's own {@code /generate}. */
    GENERATE(""),
    /** {@code /v1/audio/transcriptions} and {@code translations}. */
    TRANSCRIPTIONS("trsc-"),
    /** {@code /v1/embeddings}. */
    EMBEDDINGS("embd-"),
    /** {@code /pooling}. */
    POOLING("pool-"),
    /** {@code /classify}. */
    CLASSIFY("classify-"),
    /** {@code /score} and {@code /v1/score}. */
    SCORE("score-"),
    /** {@code /rerank}, {@code /v1/rerank} and {@code /v2/rerank}. */
    RERANK("rerank-");

    private final String prefix;

    Api(String prefix) {
        this.prefix = prefix;
    }

    /** The id of an answer. */
    String id(String base) {
        return prefix + base;
    }

    /** Whether its answers are numbers about a prompt, so that nothing is generated. */
    boolean pools() {
        return compareTo(EMBEDDINGS) >= 0;
    }
}
