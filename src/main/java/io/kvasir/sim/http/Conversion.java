package io.kvasir.sim.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * Turns the requests of other APIs into the chat or completion they stand for, as vLLM does before it renders them, so
 * that the same text has the same tokens whichever way it comes.
 */
final class Conversion {
    /** How the block begins that coding agents put first and that differs between sessions; vLLM drops it. */
    private static final String BILLING = "x-anthropic-billing-header";

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final List<String> SAMPLING =
            List.of("max_tokens", "min_tokens", "ignore_eos", "seed", "n", "max_completion_tokens");

    private Conversion() {}

    /** Anthropic's Messages. */
    static ObjectNode messages(JsonNode body, boolean counted) throws EngineError {
        if (!counted && !body.path("max_tokens").isIntegralNumber()) {
            throw EngineError.badRequest("max_tokens", "max_tokens is required");
        }
        ObjectNode chat = body.deepCopy();
        var messages = NODES.arrayNode();
        var system = system(body.path("system"));
        if (!system.isEmpty()) {
            messages.add(message("system", NODES.textNode(system)));
        }
        for (var turn : body.path("messages")) {
            turn(turn, messages);
        }
        chat.set("messages", messages);
        if (body.path("tools").isArray()) {
            var tools = NODES.arrayNode();
            for (var tool : body.path("tools")) {
                tools.add(function(
                        tool.path("name"),
                        tool.path("description"),
                        tool.has("input_schema") ? tool.path("input_schema") : NODES.objectNode()));
            }
            chat.set("tools", tools);
        }
        var choice = body.path("tool_choice").path("type").asText("");
        chat.remove("tool_choice");
        switch (choice) {
            case "any" -> chat.put("tool_choice", "required");
            case "tool" ->
                chat.set("tool_choice", named(body.path("tool_choice").path("name")));
            default -> {
                // auto and none demand nothing
            }
        }
        return chat;
    }

    private static String system(JsonNode system) {
        if (system.isTextual()) {
            return system.asText();
        }
        var joined = new StringBuilder();
        for (var block : system) {
            var text = block.path("text").asText("");
            if (!text.startsWith(BILLING)) {
                joined.append(text);
            }
        }
        return joined.toString();
    }

    private static void turn(JsonNode turn, ArrayNode messages) {
        var content = turn.path("content");
        if (!content.isArray()) {
            messages.add(turn);
            return;
        }
        var parts = NODES.arrayNode();
        var calls = NODES.arrayNode();
        for (var block : content) {
            switch (block.path("type").asText()) {
                case "text" -> parts.add(text(block.path("text").asText()));
                case "tool_use" ->
                    calls.add(call(
                            block.path("id"),
                            block.path("name"),
                            block.path("input").toString()));
                case "tool_result" -> messages.add(message("tool", result(block.path("content"))));
                case "thinking", "redacted_thinking" -> {
                    // said to nobody
                }
                default -> parts.add(block);
            }
        }
        if (!parts.isEmpty() || !calls.isEmpty()) {
            var message = message(turn.path("role").asText(), parts);
            if (!calls.isEmpty()) {
                message.set("tool_calls", calls);
            }
            messages.add(message);
        }
    }

    private static JsonNode result(JsonNode content) {
        if (!content.isArray()) {
            return content;
        }
        var parts = NODES.arrayNode();
        for (var block : content) {
            parts.add(block.path("text").isTextual() ? text(block.path("text").asText()) : block);
        }
        return parts;
    }

    /**
     * OpenAI's Responses.
     *
     * @param before the conversation that it goes on from
     */
    static ObjectNode responses(JsonNode body, ArrayNode before) throws EngineError {
        ObjectNode chat = body.deepCopy();
        var messages = NODES.arrayNode();
        if (body.path("instructions").isTextual()) {
            messages.add(message("system", body.path("instructions")));
        }
        messages.addAll(before);
        var input = body.path("input");
        if (input.isTextual()) {
            messages.add(message("user", input));
        } else if (input.isArray() && !input.isEmpty()) {
            for (var item : input) {
                item(item, messages);
            }
        } else {
            throw EngineError.badRequest("input", "input must be a string or a non-empty list of items");
        }
        chat.set("messages", messages);
        if (body.path("tools").isArray()) {
            var tools = NODES.arrayNode();
            for (var tool : body.path("tools")) {
                if (tool.path("type").asText().equals("function")) {
                    tools.add(function(tool.path("name"), tool.path("description"), tool.path("parameters")));
                }
            }
            chat.set("tools", tools);
        }
        if (body.path("tool_choice").isObject()) {
            chat.set("tool_choice", named(body.path("tool_choice").path("name")));
        }
        if (body.has("max_output_tokens")) {
            chat.set("max_tokens", body.path("max_output_tokens"));
        }
        return chat;
    }

    private static void item(JsonNode item, ArrayNode messages) {
        switch (item.path("type").asText("message")) {
            case "message" -> {
                var content = item.path("content");
                if (content.isArray()) {
                    var parts = NODES.arrayNode();
                    for (var part : content) {
                        parts.add(
                                part.path("text").isTextual()
                                        ? text(part.path("text").asText())
                                        : part);
                    }
                    content = parts;
                }
                messages.add(message(item.path("role").asText("user"), content));
            }
            case "function_call" -> {
                var message = message("assistant", NODES.nullNode());
                message.set(
                        "tool_calls",
                        NODES.arrayNode()
                                .add(call(
                                        item.path("call_id"),
                                        item.path("name"),
                                        item.path("arguments").asText())));
                messages.add(message);
            }
            case "function_call_output" -> messages.add(message("tool", item.path("output")));
            default -> {
                // reasoning of earlier turns is not rendered
            }
        }
    }

    /** Token ids with sampling parameters beside them. */
    static ObjectNode tokens(JsonNode body) {
        ObjectNode completion = body.deepCopy();
        completion.set("prompt", body.path("token_ids"));
        sampling(body, completion);
        return completion;
    }

    /** SGLang's own way to ask. */
    static ObjectNode generate(JsonNode body) {
        ObjectNode completion = body.deepCopy();
        completion.set("prompt", body.has("text") ? body.path("text") : body.path("input_ids"));
        sampling(body, completion);
        var most = body.path("sampling_params").path("max_new_tokens");
        completion.set("max_tokens", most.isMissingNode() ? NODES.numberNode(128) : most);
        return completion;
    }

    private static void sampling(JsonNode body, ObjectNode completion) {
        for (var name : SAMPLING) {
            if (body.path("sampling_params").has(name)) {
                completion.set(name, body.path("sampling_params").path(name));
            }
        }
    }

    /** A message of a chat. */
    static ObjectNode message(String role, JsonNode content) {
        return NODES.objectNode().put("role", role).set("content", content);
    }

    private static ObjectNode text(String text) {
        return NODES.objectNode().put("type", "text").put("text", text);
    }

    private static ObjectNode call(JsonNode id, JsonNode name, String arguments) {
        var function = NODES.objectNode().put("name", name.asText()).put("arguments", arguments);
        return NODES.objectNode().put("id", id.asText()).put("type", "function").set("function", function);
    }

    private static ObjectNode function(JsonNode name, JsonNode description, JsonNode parameters) {
        var function = NODES.objectNode();
        function.set("name", name);
        if (description.isTextual()) {
            function.set("description", description);
        }
        function.set("parameters", parameters);
        return NODES.objectNode().put("type", "function").set("function", function);
    }

    private static ObjectNode named(JsonNode name) {
        return NODES.objectNode()
                .put("type", "function")
                .set("function", NODES.objectNode().set("name", name));
    }
}
