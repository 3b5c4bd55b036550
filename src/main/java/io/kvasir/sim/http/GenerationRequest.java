package io.kvasir.sim.http;

import io.kvasir.sim.engine.Output;
import io.kvasir.sim.engine.Prompt;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a completion or chat completion request asks for, validated.
 *
 * @param chat whether it is a chat completion
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
        boolean chat,
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
