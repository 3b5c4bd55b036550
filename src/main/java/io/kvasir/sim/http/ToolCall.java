package io.kvasir.sim.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.kvasir.sim.engine.PromptBuilder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A call of one of the client's tools with the least arguments that satisfy its schema.
 *
 * @param name function name
 * @param arguments JSON object as text
 * @param pieces {@code arguments} in the pieces that single tokens bring
 */
record ToolCall(String name, String arguments, List<String> pieces) {
    private static final int MAX_DEPTH = 16;

    static ToolCall of(String name, String arguments) {
        var pieces = new ArrayList<String>();
        for (int at = 0; at < arguments.length(); ) {
            int end = Math.min(arguments.length(), at + PromptBuilder.BYTES_PER_TOKEN);
            if (end < arguments.length() && Character.isLowSurrogate(arguments.charAt(end))) {
                end++;
            }
            pieces.add(arguments.substring(at, end));
            at = end;
        }
        return new ToolCall(name, arguments, List.copyOf(pieces));
    }

    /** The call that {@code tool_choice} demands; null if it demands none. */
    static @Nullable ToolCall demanded(JsonNode body) throws EngineError {
        var choice = body.path("tool_choice");
        var tools = body.path("tools");
        if (choice.isMissingNode() || choice.isNull() || tools.isMissingNode() || tools.isNull()) {
            return null;
        }
        if (!tools.isArray() || tools.isEmpty()) {
            throw EngineError.badRequest("tools", "tools must be a non-empty list when tool_choice is set");
        }
        if (choice.isTextual()) {
            return switch (choice.asText()) {
                case "none", "auto" -> null;
                case "required" -> call(tools.get(0).path("function"));
                default ->
                    throw EngineError.badRequest(
                            "tool_choice", "tool_choice must be none, auto, required or a named function");
            };
        }
        var wanted = choice.path("function").path("name").asText();
        for (var tool : tools) {
            if (tool.path("function").path("name").asText().equals(wanted)) {
                return call(tool.path("function"));
            }
        }
        throw EngineError.badRequest("tool_choice", "tool_choice names a function that tools does not have");
    }

    private static ToolCall call(JsonNode function) {
        var out = new StringBuilder();
        value(function.path("parameters"), out, 0);
        var arguments = out.toString();
        return of(function.path("name").asText(), arguments.startsWith("{") ? arguments : "{}");
    }

    private static void value(JsonNode schema, StringBuilder out, int depth) {
        var options = schema.path("enum");
        if (options.isArray() && !options.isEmpty()) {
            out.append(options.get(0));
            return;
        }
        var type = schema.path("type");
        switch (type.isArray() ? type.path(0).asText() : type.asText()) {
            case "string" -> out.append("\"the\"");
            case "integer", "number" ->
                out.append(Math.max(1, schema.path("minimum").asInt(1)));
            case "boolean" -> out.append("true");
            case "array" -> out.append("[]");
            case "null" -> out.append("null");
            default -> object(schema, out, depth);
        }
    }

    private static void object(JsonNode schema, StringBuilder out, int depth) {
        out.append('{');
        if (depth < MAX_DEPTH) {
            var comma = "";
            for (var required : schema.path("required")) {
                out.append(comma).append(Json.quote(required.asText())).append(':');
                value(schema.path("properties").path(required.asText()), out, depth + 1);
                comma = ",";
            }
        }
        out.append('}');
    }
}
