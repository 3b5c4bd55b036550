package io.kvasir.sim.http;

import org.jspecify.annotations.Nullable;

/** The bytes around an answer's text, as one engine writes them for one API. */
interface AnswerFormat {
    /** An unstreamed answer. */
    String whole(Answer answer);

    /** What a stream says before everything else; may be empty. */
    default String streamStart(Answer answer) {
        return "";
    }

    /** What a stream says before a choice's first token; may be empty. */
    default String firstChunk(int choice) {
        return "";
    }

    /** What comes before a token in its event. The text of a token is JSON-safe, or escaped where it is a tool's. */
    String chunkStart(int choice);

    /** What comes after it; {@code finishReason} is empty unless it is the choice's last. */
    String chunkEnd(String finishReason);

    /** Whether {@link #chunkStart} differs from event to event. */
    default boolean numbersEvents() {
        return false;
    }

    /** What a stream says after everything else. */
    String streamEnd(Answer answer);

    /** The format for a request. */
    static AnswerFormat of(
            EngineDialect dialect, GenerationRequest request, String id, long created, ResponseStore store) {
        var head = new Head(id, created, request.model(), request.tool());
        boolean sglang = dialect == EngineDialect.SGLANG;
        return switch (request.api()) {
            case CHAT -> sglang ? new SglangChatFormat(head) : new VllmChatFormat(head);
            case COMPLETIONS -> sglang ? new SglangCompletionFormat(head) : new VllmCompletionFormat(head);
            case RESPONSES -> new ResponsesFormat(head, request, store);
            case MESSAGES -> new MessagesFormat(head);
            case TOKENS -> new TokensFormat(head);
            case GENERATE -> new SglangGenerateFormat(head);
            case TRANSCRIPTIONS -> new TranscriptionFormat(head, request.body());
            case EMBEDDINGS, POOLING, CLASSIFY, SCORE, RERANK -> new PoolingFormat(head, request);
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
