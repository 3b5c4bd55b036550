package io.kvasir.token;

import io.kvasir.token.jinja.Nothing;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Turns requests of OpenAI's Responses API into the chats that vLLM (0.32) renders for them ({@code
 * openai/responses/utils.py}): instructions are the system's message, and what the model said, thought and called in a row is
 * one message of its own. What only the engine has, such as the response before, is not known here.
 */
final class ResponsesChat {
    private static final Set<String> UNFINISHED = Set.of("in_progress", "incomplete");

    private ResponsesChat() {}

    /**
     * The chat, with what of the request reaches a template.
     *
     * @throws UntoldException where what the engine makes of it is not known
     */
    static Map<String, Object> of(Map<String, Object> request) throws UntoldException {
        for (String name : List.of("previous_response_id", "conversation", "prompt", "previous_input_messages")) {
            if (JsonTree.isSaid(request.get(name))) {
                throw new UntoldException(TokenGap.OTHER_API, name);
            }
        }
        var messages = new ArrayList<Map<String, Object>>();
        if (request.get("instructions") instanceof String text && !text.isEmpty()) {
            messages.add(ChatMessage.of("system", text));
        }
        var input = request.get("input");
        if (input instanceof String text) {
            messages.add(ChatMessage.of("user", text));
        } else {
            var items = JsonTree.elements(input);
            int before = messages.size();
            for (Object each : items) {
                add(JsonTree.members(each), messages, before);
            }
            if (!items.isEmpty() && UNFINISHED.contains(status(JsonTree.members(items.getLast())))) {
                throw new UntoldException(TokenGap.NOT_TEXT, "a message that is to be continued");
            }
        }
        var chat = new LinkedHashMap<String, Object>();
        chat.put("messages", messages);
        tools(request, chat);
        JsonTree.copy(request, "chat_template_kwargs", chat, "chat_template_kwargs");
        JsonTree.copy(JsonTree.members(request.get("reasoning")), "effort", chat, "reasoning_effort");
        return chat;
    }

    private static String status(Map<String, Object> item) {
        return String.valueOf(item.get("status"));
    }

    private static void tools(Map<String, Object> request, Map<String, Object> chat) throws UntoldException {
        var tools = JsonTree.elements(request.get("tools"));
        if (tools.isEmpty()) {
            return;
        }
        if ("none".equals(request.get("tool_choice"))) {
            throw new UntoldException(
                    TokenGap.OTHER_API, "tools that may not be used, which depends on the engine's flags");
        }
        var all = new ArrayList<Object>();
        for (Object each : tools) {
            var function = new LinkedHashMap<>(JsonTree.members(each));
            if (!"function".equals(function.remove("type"))) {
                throw new UntoldException(TokenGap.OTHER_API, "a tool that is no function");
            }
            var tool = new LinkedHashMap<String, Object>();
            tool.put("type", "function");
            tool.put("function", function);
            all.add(tool);
        }
        chat.put("tools", all);
    }

    /** @param first index of the first message that is of the input */
    private static void add(Map<String, Object> item, List<Map<String, Object>> messages, int first)
            throws UntoldException {
        var before =
                messages.size() > first && "assistant".equals(messages.getLast().get("role"))
                        ? messages.getLast()
                        : null;
        String type = item.get("type") instanceof String text ? text : "message";
        switch (type) {
            case "message" -> said(item, before, messages);
            case "function_call" -> calls(before, messages).add(call(item));
            case "function_call_output" -> {
                var message = ChatMessage.of("tool", item.getOrDefault("output", Nothing.NONE));
                message.put("tool_call_id", item.getOrDefault("call_id", Nothing.NONE));
                messages.add(message);
            }
            case "reasoning" -> {
                if (JsonTree.isSaid(item.get("encrypted_content"))) {
                    throw new UntoldException(TokenGap.NOT_TEXT, "reasoning that is encrypted");
                }
                String content = firstText(item.get("content"));
                String thought = content == null ? firstText(item.get("summary")) : content;
                put("reasoning", thought == null ? "" : thought, before, messages);
            }
            default -> throw new UntoldException(TokenGap.NOT_TEXT, "an item of type " + type);
        }
    }

    private static void said(
            Map<String, Object> item, @Nullable Map<String, Object> before, List<Map<String, Object>> messages)
            throws UntoldException {
        if (!(item.get("role") instanceof String role)) {
            throw new UntoldException(TokenGap.NOT_TEXT, "a message of nobody");
        }
        var content = item.get("content");
        if (!role.equals("assistant")) {
            messages.add(ChatMessage.of(role, content == null ? Nothing.NONE : content));
            return;
        }
        String text = content instanceof String whole ? whole : firstText(content);
        if (text == null) {
            throw new UntoldException(TokenGap.NOT_TEXT, "an answer that is no text");
        }
        put("content", text, before, messages);
    }

    /** Part of the message before, where that is the model's and lacks it. */
    private static void put(
            String member, String text, @Nullable Map<String, Object> before, List<Map<String, Object>> messages) {
        if (before != null && !before.containsKey(member)) {
            before.put(member, text);
        } else {
            messages.add(ChatMessage.of("assistant", member, text));
        }
    }

    /** Those of the message before, where that is the model's. */
    @SuppressWarnings("unchecked") // nobody else makes them
    private static List<Object> calls(@Nullable Map<String, Object> before, List<Map<String, Object>> messages) {
        if (before != null && before.get("tool_calls") instanceof List<?> known) {
            return (List<Object>) known;
        }
        var calls = new ArrayList<Object>();
        if (before == null) {
            messages.add(ChatMessage.of("assistant", "tool_calls", calls));
        } else {
            before.put("tool_calls", calls);
        }
        return calls;
    }

    private static Object call(Map<String, Object> item) throws UntoldException {
        if (JsonTree.isSaid(item.get("namespace"))) {
            throw new UntoldException(TokenGap.OTHER_API, "a call of a tool in a namespace");
        }
        var function = new LinkedHashMap<String, Object>();
        function.put("name", item.getOrDefault("name", ""));
        function.put("arguments", item.getOrDefault("arguments", ""));
        var call = new LinkedHashMap<String, Object>();
        call.put("id", item.getOrDefault("call_id", ""));
        call.put("type", "function");
        call.put("function", function);
        return call;
    }

    /** Of several parts the engine takes the first. */
    private static @Nullable String firstText(@Nullable Object parts) {
        var all = JsonTree.elements(parts);
        return !all.isEmpty() && JsonTree.members(all.getFirst()).get("text") instanceof String text ? text : null;
    }
}
