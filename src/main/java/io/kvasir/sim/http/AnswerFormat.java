package io.kvasir.sim.http;

import org.jspecify.annotations.Nullable;

/** The JSON around an answer's text, as one engine writes it. Text given to it is JSON-safe or is escaped by it. */
interface AnswerFormat {
    /** What comes before the choices of an unstreamed answer. */
    String wholeStart();

    /** One choice of an unstreamed answer. */
    void wholeChoice(StringBuilder out, int choice, String text, String finishReason);

    /** What comes after the choices. */
    String wholeEnd(Usage usage);

    /** What a stream says before a choice's first token; may be empty. */
    String firstChunk(int choice);

    /** What comes before a token in its event. */
    String chunkStart(int choice);

    /** What comes after it; {@code finishReason} is empty unless it is the choice's last. */
    String chunkEnd(String finishReason);

    /** The event that reports usage. */
    String usageChunk(Usage usage);

    /** The format for a request. */
    static AnswerFormat of(Dialect dialect, GenerationRequest request, String id, long created) {
        var head = new Head(id, created, request.model(), request.tool());
        return switch (dialect) {
            case VLLM -> request.chat() ? new VllmChatFormat(head) : new VllmCompletionFormat(head);
            case SGLANG -> request.chat() ? new SglangChatFormat(head) : new SglangCompletionFormat(head);
        };
    }

    /** What every part of an answer repeats. */
    record Head(
            String id, long created, String model, @Nullable ToolCall tool) {
        String json(String object) {
            return "{\"id\":" + Json.quote(id) + ",\"object\":\"" + object + "\",\"created\":" + created + ",\"model\":"
                    + Json.quote(model);
        }

        /** Identifier of the tool call in a choice. */
        String callId(int choice) {
            return "chatcmpl-tool-" + Integer.toHexString(id.hashCode()) + choice;
        }
    }
}
