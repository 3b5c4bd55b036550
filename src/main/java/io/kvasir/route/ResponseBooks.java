package io.kvasir.route;

/** What a {@link ResponseMeter} writes into the books of a request. */
public interface ResponseBooks {
    /** The first byte of content came: the prompt is computed. Called once. */
    void firstToken();

    /** That many more events came together. */
    void tokens(int count);

    /**
     * What the engine says it has computed.
     *
     * @param promptTokens tokens of the prompt, -1 if not told
     * @param cachedTokens those of them that came from its cache, -1 if not told
     * @param completionTokens tokens generated, -1 if not told
     */
    void usage(int promptTokens, int cachedTokens, int completionTokens);

    /** The body is complete, and had that many bytes. */
    default void size(long bytes) {
        // most books count tokens
    }
}
