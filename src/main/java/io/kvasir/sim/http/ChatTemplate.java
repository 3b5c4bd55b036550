package io.kvasir.sim.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.kvasir.sim.engine.PromptBuilder;

/**
 * Renders a chat as a prompt, in the manner of Llama 3's template: a start token, the tools, each message between
 * markers with its role, and the marker that makes the model answer. Markers are single tokens and each content is
 * tokenised by itself, so a longer chat starts with exactly the tokens of a shorter one and its answer.
 */
final class ChatTemplate {
    private static final int SPECIAL = 1 << 30;
    private static final int BEGIN = SPECIAL;
    private static final int HEADER = SPECIAL + 1;
    private static final int HEADER_END = SPECIAL + 2;
    private static final int TURN_END = SPECIAL + 3;
    private static final int MEDIA = SPECIAL + 4;
    private static final int MEDIA_TOKENS = 256;

    private ChatTemplate() {}

    /** Sound of that content and length, 50 tokens a second. */
    static void audio(int digest, int seconds, PromptBuilder prompt) {
        begin(prompt);
        for (int i = 0; i < 50 * Math.min(seconds, 30); i++) {
            prompt.token((digest + i) & (SPECIAL - 1));
        }
    }

    static void begin(PromptBuilder prompt) {
        prompt.token(BEGIN);
    }

    static void render(JsonNode body, PromptBuilder prompt) throws EngineError {
        var messages = body.path("messages");
        if (!messages.isArray() || messages.isEmpty()) {
            throw EngineError.badRequest("messages", "messages must be a non-empty list");
        }
        begin(prompt);
        var tools = body.path("tools");
        if (tools.isArray() && !tools.isEmpty()) {
            header("tools", prompt);
            prompt.text(tools.toString());
            prompt.token(TURN_END);
        }
        for (var message : messages) {
            message(message, prompt);
        }
        header("assistant", prompt);
    }

    private static void header(String role, PromptBuilder prompt) {
        prompt.token(HEADER);
        prompt.text(role);
        prompt.token(HEADER_END);
    }

    private static void message(JsonNode message, PromptBuilder prompt) throws EngineError {
        if (!message.path("role").isTextual()) {
            throw EngineError.badRequest("messages", "every message needs a role");
        }
        header(message.path("role").asText(), prompt);
        var content = message.path("content");
        if (content.isTextual()) {
            prompt.text(content.asText());
        } else if (content.isArray()) {
            for (var part : content) {
                part(part, prompt);
            }
        } else if (!content.isNull() && !content.isMissingNode()) {
            throw EngineError.badRequest("messages", "content must be a string or a list of parts");
        }
        var calls = message.path("tool_calls");
        if (calls.isArray() && !calls.isEmpty()) {
            prompt.text(calls.toString());
        }
        prompt.token(TURN_END);
    }

    private static void part(JsonNode part, PromptBuilder prompt) {
        if (part.path("text").isTextual()) {
            prompt.text(part.path("text").asText());
            return;
        }
        int id = part.toString().hashCode();
        prompt.token(MEDIA);
        for (int i = 0; i < MEDIA_TOKENS; i++) {
            prompt.token(id + i);
        }
    }
}
