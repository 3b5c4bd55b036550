package io.kvasir.token;

import io.kvasir.token.jinja.Nothing;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What engines hand to a chat template for a chat completion request, as vLLM does it: contents as strings or, for templates
 * that go over parts, as lists; arguments of tool calls as values; tools with their members in the engine's order.
 */
final class ChatVariables {
    private static final List<String> TOOL = List.of("type", "function");
    private static final List<String> FUNCTION = List.of("name", "description", "parameters");
    /** Members of a message that reach the template. */
    private static final List<String> KEPT = List.of("tool_call_id", "name", "reasoning_content", "reasoning");
    /** What only the engine can do, or what changes the template. */
    private static final Set<String> BEYOND =
            Set.of("chat_template", "documents", "mm_processor_kwargs", "media_io_kwargs");

    private final boolean lists;

    /** @param lists whether the template goes over the parts of contents */
    ChatVariables(boolean lists) {
        this.lists = lists;
    }

    /** @throws UntoldException where what the engine makes of it is not known */
    Map<String, Object> of(Map<String, Object> body) throws UntoldException {
        for (String name : BEYOND) {
            if (isSaid(body.get(name))) {
                throw new UntoldException(TokenGap.NOT_TEXT, name);
            }
        }
        if (Boolean.TRUE.equals(body.get("continue_final_message"))) {
            throw new UntoldException(TokenGap.NOT_TEXT, "continue_final_message");
        }
        var variables = new LinkedHashMap<String, Object>();
        variables.put("tools", tools(body));
        variables.put("documents", Nothing.NONE);
        variables.put("add_generation_prompt", !Boolean.FALSE.equals(body.get("add_generation_prompt")));
        variables.putAll(JsonTree.members(body.get("chat_template_kwargs")));
        if (isSaid(body.get("reasoning_effort"))) {
            variables.putIfAbsent("reasoning_effort", body.get("reasoning_effort"));
        }
        var messages = new ArrayList<Object>();
        for (Object each : JsonTree.elements(body.get("messages"))) {
            messages.add(message(JsonTree.members(each)));
        }
        variables.put("messages", messages);
        return variables;
    }

    private static boolean isSaid(@org.jspecify.annotations.Nullable Object value) {
        return value != null && value != Nothing.NONE;
    }

    private static Object tools(Map<String, Object> body) {
        var tools = JsonTree.elements(body.get("tools"));
        if (tools.isEmpty()) {
            return Nothing.NONE;
        }
        var all = new ArrayList<Object>();
        for (Object each : tools) {
            var tool = new LinkedHashMap<>(JsonTree.members(each));
            tool.putIfAbsent("type", "function");
            tool.put("function", ordered(JsonTree.members(tool.get("function")), FUNCTION));
            all.add(ordered(tool, TOOL));
        }
        return all;
    }

    /** The members of these names first, {@code null} where they are absent. */
    private static Map<String, Object> ordered(Map<String, Object> members, List<String> names) {
        var ordered = new LinkedHashMap<String, Object>();
        names.forEach(name -> ordered.put(name, members.getOrDefault(name, Nothing.NONE)));
        members.forEach(ordered::putIfAbsent);
        return ordered;
    }

    private Map<String, Object> message(Map<String, Object> given) throws UntoldException {
        var message = new LinkedHashMap<String, Object>();
        message.put("role", given.getOrDefault("role", ""));
        message.put("content", content(given.get("content")));
        for (String name : KEPT) {
            if (isSaid(given.get(name))) {
                message.put(name, given.get(name));
            }
        }
        var calls = JsonTree.elements(given.get("tool_calls"));
        if (!calls.isEmpty()) {
            var all = new ArrayList<Object>();
            for (Object each : calls) {
                all.add(call(JsonTree.members(each)));
            }
            message.put("tool_calls", all);
        }
        return message;
    }

    private Object content(@org.jspecify.annotations.Nullable Object given) throws UntoldException {
        if (given instanceof String text) {
            return lists ? List.of(part(text)) : text;
        }
        if (!isSaid(given)) {
            return lists ? List.of() : "";
        }
        var texts = new ArrayList<String>();
        for (Object each : given instanceof List<?> list ? list : List.of(given)) {
            texts.add(text(each));
        }
        return lists ? texts.stream().map(ChatVariables::part).collect(Collectors.toList()) : String.join("\n", texts);
    }

    private static Object part(String text) {
        var part = new LinkedHashMap<String, Object>();
        part.put("type", "text");
        part.put("text", text);
        return part;
    }

    private static String text(Object part) throws UntoldException {
        if (part instanceof String text) {
            return text;
        }
        var members = JsonTree.members(part);
        if (members.get("text") instanceof String text
                && Set.of("text", "input_text", "output_text", "thinking")
                        .contains(members.getOrDefault("type", "text"))) {
            return text;
        }
        throw new UntoldException(TokenGap.NOT_TEXT, "a part of type " + members.get("type"));
    }

    private static Object call(Map<String, Object> given) throws UntoldException {
        var call = new LinkedHashMap<>(given);
        var function = new LinkedHashMap<>(JsonTree.members(given.get("function")));
        var arguments = function.get("arguments");
        try {
            if (arguments instanceof String json) {
                function.put("arguments", json.isBlank() ? Map.of() : JsonTree.parse(json));
            } else if (!isSaid(arguments)) {
                function.put("arguments", Map.of());
            }
        } catch (IllegalArgumentException e) {
            throw new UntoldException(TokenGap.REFUSED, "arguments of a tool call that are no JSON");
        }
        call.put("function", function);
        return call;
    }
}
