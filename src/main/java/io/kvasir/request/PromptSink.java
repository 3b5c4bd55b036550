package io.kvasir.request;

/**
 * Receives the prompt content of one request while its body is being read: unescaped, in body order, never
 * materialised as a whole. Calls nest: {@link #begin} and {@link #end} of a part enclose its text.
 *
 * <p>The same body gives the same calls however it is cut into chunks, except that one part's text may arrive in
 * other pieces; an implementation must not depend on where pieces end. Members that occur twice inside a message are
 * both told; see {@link #restart} for those of the body itself.
 */
public interface PromptSink {

    /** Takes everything and keeps nothing. */
    PromptSink NONE = new PromptSink() {
        @Override
        public void begin(Part part) {}

        @Override
        public void text(byte[] bytes, int offset, int length) {}

        @Override
        public void token(int id) {}

        @Override
        public void end(Part part) {}
    };

    /** What a piece of prompt content is. */
    enum Part {
        /** One entry of a list of independent prompts, or the only prompt. */
        PROMPT,
        /** One chat message; encloses {@link #ROLE}, {@link #TEXT}, {@link #MEDIA} and {@link #TOOL_CALL} parts. */
        MESSAGE,
        /** The role of a message. */
        ROLE,
        /** Text that the model reads. */
        TEXT,
        /** An image, audio or video reference or its inline data, as the client sent it. */
        MEDIA,
        /** A tool call or the identifier of one inside a message, as raw JSON. */
        TOOL_CALL,
        /**
         * The system prompt that a body keeps apart from its messages, as text. It may come before or behind them, and
         * stands for a first message of the role {@code system}. Of two the last counts.
         */
        SYSTEM,
        /**
         * Content that chat templates render before all messages, as raw JSON; tools in one form for all dialects, see
         * {@link ToolsJson}.
         */
        PREAMBLE
    }

    /** A part starts. */
    void begin(Part part);

    /**
     * Content of the innermost open part. The bytes are valid during the call only.
     *
     * @param bytes UTF-8, unescaped for strings, raw JSON for parts documented so
     */
    void text(byte[] bytes, int offset, int length);

    /** One token id of a prompt given as tokens. */
    void token(int id);

    /** The innermost open part, which is {@code part}, ends. */
    void end(Part part);

    /**
     * The body has a second member that holds the prompt, which replaces the first, as engines take the last: forget
     * all parts except {@link Part#PREAMBLE} and {@link Part#SYSTEM}. No part is open.
     */
    default void restart() {}
}
