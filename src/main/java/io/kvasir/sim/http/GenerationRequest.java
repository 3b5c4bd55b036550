package io.kvasir.sim.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.kvasir.sim.engine.Output;
import io.kvasir.sim.engine.Prompt;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a request asks a model for, validated.
 *
 * @param api the API it came by
 * @param body what the client sent; for chats by way of another API the chat that it became
 * @param model the model or adapter it names
 * @param adapter the adapter; null for the base model
 * @param stream whether the answer is an event stream
 * @param includeUsage whether the stream ends with a usage chunk
 * @param n choices asked for per prompt
 * @param maxTokens output limit the client sets, 0 for none
 * @param choices prompt and output of each choice of the answer, in order
 * @param tool the tool the answer must call; null for text
 */
record GenerationRequest(
        Api api,
        JsonNode body,
        String model,
        @Nullable String adapter,
        boolean stream,
        boolean includeUsage,
        int n,
        int maxTokens,
        List<Choice> choices,
        @Nullable ToolCall tool) {

    /** One choice. */
    record Choice(Prompt prompt, Output output) {}
}
