package io.kvasir.token;

import io.kvasir.token.jinja.Nothing;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What engines hand to a chat template for a chat completion request, as vLLM does it: contents as strings or, for templates
 * that go over parts, as lists; arguments of tool calls as values; tools with their members in the engine's order.
 */
final class ChatVariables {
    private static final List<String> FUNCTION = List.of("name", "description", "parameters");
    private static final List<String> FUNCTION_IF_SAID = List.of("strict", "defer_loading");
    /** Members of a message that reach the template. */
    private static final List<String> KEPT = List.of("tool_call_id", "name");
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
        variables.put("documents", Nothing.NONE);
        var own = JsonTree.members(body.get("chat_template_kwargs"));
        variables.putAll(own);
        variables.put("tools", tools(body));
        variables.put("add_generation_prompt", !Boolean.FALSE.equals(body.get("add_generation_prompt")));
        var effort = body.get("reasoning_effort");
        if (isSaid(effort)) {
            if (!"auto".equals(effort)) {
                variables.put("reasoning_effort", effort);
            }
            if (!own.containsKey("enable_thinking")) {
                variables.put("enable_thinking", !"none".equals(effort));
            }
        }
        var messages = new ArrayList<Object>();
        for (Object each : JsonTree.elements(body.get("messages"))) {
            messages.add(message(JsonTree.members(each)));
        }
        variables.put("messages", messages);
        return variables;
    }

    private static boolean isSaid(@Nullable Object value) {
        return value != null && value != Nothing.NONE;
    }

    private static Object tools(Map<String, Object> body) {
        var tools = JsonTree.elements(body.get("tools"));
        if (tools.isEmpty()) {
            return Nothing.NONE;
        }
        var all = new ArrayList<Object>();
        for (Object each : tools) {
            all.add(tool(JsonTree.members(each)));
        }
        return all;
    }

    private static Object tool(Map<String, Object> given) {
        var members = JsonTree.members(given.get("function"));
        var function = new LinkedHashMap<String, Object>();
        FUNCTION.forEach(name -> function.put(name, members.getOrDefault(name, Nothing.NONE)));
        FUNCTION_IF_SAID.forEach(name -> putIfSaid(function, name, members.get(name)));
        var deferred = given.get("defer_loading");
        if (!function.containsKey("defer_loading")) {
            putIfSaid(function, "defer_loading", deferred);
        }
        var tool = new LinkedHashMap<String, Object>();
        tool.put("type", given.getOrDefault("type", "function"));
        tool.put("function", function);
        putIfSaid(tool, "defer_loading", deferred);
        return tool;
    }

    private static void putIfSaid(Map<String, Object> to, String name, @Nullable Object value) {
        if (value != null && value != Nothing.NONE) {
            to.put(name, value);
        }
    }

    private Map<String, Object> message(Map<String, Object> given) throws UntoldException {
        var message = new LinkedHashMap<String, Object>();
        var role = given.getOrDefault("role", "");
        message.put("role", role);
        message.put("content", content(given.get("content"), role));
        for (String name : KEPT) {
            putIfSaid(message, name, given.get(name));
        }
        if (role.equals("assistant")) {
            var reasoning = isSaid(given.get("reasoning")) ? given.get("reasoning") : given.get("reasoning_content");
            putIfSaid(message, "reasoning", reasoning);
            putIfSaid(message, "reasoning_content", reasoning);
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

    private Object content(@Nullable Object given, Object role) throws UntoldException {
        var texts = new ArrayList<String>();
        if (isSaid(given)) {
            for (Object each : given instanceof List<?> list ? list : List.of(given)) {
                String text = role.equals("system") ? withoutAccounting(text(each)) : text(each);
                if (text != null) {
                    texts.add(text);
                }
            }
        }
        // what a tool said is text even for templates that go over parts
        return lists && !role.equals("tool")
                ? texts.stream().map(ChatVariables::part).collect(Collectors.toList())
                : String.join("\n", texts);
    }

    /** A system text without the line that coding agents put before it for accounting; null where nothing else is in it. */
    private static @Nullable String withoutAccounting(String text) {
        if (!text.startsWith(AnthropicChat.ACCOUNTING)) {
            return text;
        }
        int end = text.indexOf('\n');
        return end < 0 || end == text.length() - 1 ? null : text.substring(end + 1);
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

    private static Object call(Map<String, Object> given) {
        var call = new LinkedHashMap<>(given);
        var function = new LinkedHashMap<>(JsonTree.members(given.get("function")));
        function.put("arguments", JsonTree.members(arguments(function.get("arguments"))));
        call.put("function", function);
        return call;
    }

    /** What is no JSON is as good as nothing. */
    private static @Nullable Object arguments(@Nullable Object given) {
        try {
            return given instanceof String json ? JsonTree.parse(json) : given;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
