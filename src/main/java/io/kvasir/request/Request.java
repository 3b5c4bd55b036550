package io.kvasir.request;

import org.jspecify.annotations.Nullable;

/**
 * What routing knows of one request. Immutable. Fields of the body that are absent, null or of the wrong JSON type count
 * as absent: the engine is the judge of its own dialect. Numbers are the client's, moved into a range that costs can be
 * computed with; the body that the engine gets keeps its own.
 *
 * @param dialect what the body speaks
 * @param opaque whether nothing could be read from the body: a passthrough that is no JSON object
 * @param model the model to route to, null where neither body nor door named one
 * @param stream whether the answer is wanted as events
 * @param includeUsage whether the client asked for a usage event of a streamed answer
 * @param maxOutputTokens bound of the output of one sample in tokens, at most {@link #MOST_OUTPUT_TOKENS}; 0 where the
 *     dialect generates none, -1 where the client set no bound
 * @param minOutputTokens tokens each sample has at least, up to {@link #MOST_OUTPUT_TOKENS}; 0 unless asked for
 * @param ignoreEos whether samples go on to their bound whatever the model says; those of a beam search do
 * @param samples outputs computed per prompt, 1 to {@link #MOST_SAMPLES}: the greatest of {@code n}, {@code best_of} and
 *     {@code beam_width}
 * @param prompt what its prompts are made of
 * @param promptTokens tokens of all prompts, which is what they cost; estimated where they are not given as ids
 * @param longestPromptTokens tokens of the longest prompt, which is what must fit; estimated likewise
 * @param cacheSalt {@code cache_salt}, null for none
 * @param user {@code user}, null for none
 * @param bodySessionId {@code session_id}, else the session in Anthropic's {@code metadata.user_id}, else {@code
 *     conversation}, else {@code prompt_cache_key}; null for none
 * @param bodyRequestId {@code request_id}, null for none
 * @param previousResponseId what an engine keeps and the request builds on: {@code previous_response_id}, else {@code
 *     conversation} or its {@code id}, else {@code input_file_id}; null for none
 * @param priority {@code priority}, lower is more urgent; 0 unless set
 * @param bodyBytes length of the body as received
 * @param rootStart bytes of the body up to and including its opening brace; -1 without one
 * @param emptyRoot whether the body's object has no members
 * @param boundary the delimiter of a form's parts, and {@code rootStart} is where the first begins; null where the body is
 *     no form
 * @param ranges where the fields stand in the body
 * @param headers what the headers add
 */
public record Request(
        Dialect dialect,
        boolean opaque,
        @Nullable String model,
        boolean stream,
        boolean includeUsage,
        int maxOutputTokens,
        int minOutputTokens,
        boolean ignoreEos,
        int samples,
        PromptCounts prompt,
        long promptTokens,
        long longestPromptTokens,
        @Nullable String cacheSalt,
        @Nullable String user,
        @Nullable String bodySessionId,
        @Nullable String bodyRequestId,
        @Nullable String previousResponseId,
        int priority,
        long bodyBytes,
        long rootStart,
        boolean emptyRoot,
        @Nullable String boundary,
        FieldRanges ranges,
        RequestHeaders headers) {

    /** Output tokens that a client may ask for, for all that routing believes. */
    public static final int MOST_OUTPUT_TOKENS = 1 << 24;

    /** Samples that a client may ask for, for all that routing believes: the most that vLLM takes. */
    public static final int MOST_SAMPLES = 1 << 14;

    /** A request without a body. */
    public static Request withoutBody(Dialect dialect) {
        return new Request(
                dialect,
                true,
                null,
                false,
                false,
                -1,
                0,
                false,
                1,
                PromptCounts.NONE,
                0,
                0,
                null,
                null,
                null,
                null,
                null,
                0,
                0,
                -1,
                true,
                null,
                FieldRanges.NONE,
                RequestHeaders.NONE);
    }

    /** Where the value of {@code model} stands in the body, quotes included; null where the body has no such member. */
    public @Nullable ByteRange modelRange() {
        return ranges.of(BodyField.MODEL);
    }

    /** The session, by header or else by body; null for none. */
    public @Nullable String sessionId() {
        return headers.sessionId() != null ? headers.sessionId() : bodySessionId;
    }

    /** The request's id, by header or else by body; null for none. */
    public @Nullable String requestId() {
        return headers.requestId() != null ? headers.requestId() : bodyRequestId;
    }

    /**
     * Tokens of the longest prompt that are sure to reach the model: those given as ids, unless they are to be cut. 0
     * where any number is only an estimate.
     */
    public long certainTokens() {
        return prompt.truncation() == 0 && dialect.generates() ? prompt.longestTokenIds() : 0;
    }

    /** The same request for another model: the path's, the pool's only one, a rewrite's. */
    public Request withModel(@Nullable String name) {
        return copy(name, promptTokens, longestPromptTokens, headers);
    }

    /** The same request for a model of which one token takes that many bytes of text. */
    public Request withModel(@Nullable String name, double bytesPerToken) {
        return copy(name, prompt.tokens(bytesPerToken), prompt.longestTokens(bytesPerToken), headers);
    }

    /** The same request, whose only prompt has so many tokens. */
    public Request withTokens(int tokens) {
        return copy(model, tokens, tokens, headers);
    }

    /** The same request with what its headers add. */
    public Request withHeaders(RequestHeaders values) {
        return copy(model, promptTokens, longestPromptTokens, values);
    }

    private Request copy(@Nullable String newModel, long tokens, long longestTokens, RequestHeaders newHeaders) {
        return new Request(
                dialect,
                opaque,
                newModel,
                stream,
                includeUsage,
                maxOutputTokens,
                minOutputTokens,
                ignoreEos,
                samples,
                prompt,
                tokens,
                longestTokens,
                cacheSalt,
                user,
                bodySessionId,
                bodyRequestId,
                previousResponseId,
                priority,
                bodyBytes,
                rootStart,
                emptyRoot,
                boundary,
                ranges,
                newHeaders);
    }
}
