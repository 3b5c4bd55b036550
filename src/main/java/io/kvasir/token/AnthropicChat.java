package io.kvasir.token;

import io.kvasir.token.jinja.Nothing;
import io.kvasir.token.jinja.PythonJson;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Turns requests of Anthropic's messages API into the chat completion requests that vLLM (0.32) makes of them before it
 * renders a prompt: blocks that are one text become strings, results of tools messages of their own, thinking the message's
 * reasoning.
 */
final class AnthropicChat {
    /** What coding agents put before their system prompt for accounting; engines drop it. */
    static final String ACCOUNTING = "x-anthropic-billing-header";

    private static final String TEXT = "text";
    private static final String SYSTEM = "system";

    private AnthropicChat() {}

    /**
     * The chat, with what of the request reaches a template.
     *
     * @param habits of the template that it is for
     * @throws UntoldException where what the engine makes of it is not known
     */
    static Map<String, Object> of(Map<String, Object> request, TemplateHabits habits) throws UntoldException {
        var chat = new LinkedHashMap<String, Object>();
        JsonTree.copy(request, "model", chat, "model");
        var messages = new ArrayList<Object>();
        var given = JsonTree.elements(request.get("messages"));
        var system = new StringBuilder(system(request));
        if (habits.mergesSystem()) {
            given.stream()
                    .map(JsonTree::members)
                    .filter(AnthropicChat::isSystem)
                    .forEach(each -> system.append(said(each)));
        }
        if (!system.isEmpty()) {
            messages.add(ChatMessage.of(SYSTEM, system.toString()));
        }
        for (Object each : given) {
            var message = JsonTree.members(each);
            if (!isSystem(message)) {
                add(message, messages);
            } else if (!habits.mergesSystem() && !said(message).isEmpty()) {
                messages.add(ChatMessage.of(SYSTEM, said(message)));
            }
        }
        chat.put("messages", messages);
        if (request.get("tools") instanceof List<?> tools) {
            chat.put("tools", tools.stream().map(AnthropicChat::tool).toList());
        }
        JsonTree.copy(request, "chat_template_kwargs", chat, "chat_template_kwargs");
        JsonTree.copy(JsonTree.members(request.get("output_config")), "effort", chat, "reasoning_effort");
        if ("disabled".equals(JsonTree.members(request.get("thinking")).get("type"))) {
            chat.put("reasoning_effort", habits.disabledEffort());
        }
        return chat;
    }

    private static boolean isSystem(Map<String, Object> message) {
        return SYSTEM.equals(message.get("role"));
    }

    /** What the system says among the others' messages. */
    private static String said(Map<String, Object> message) {
        if (message.get("content") instanceof String text) {
            return text.startsWith(ACCOUNTING) ? "" : text;
        }
        return texts(message.get("content"));
    }

    private static String system(Map<String, Object> request) {
        var given = request.get("system");
        return given instanceof String text ? text : texts(given);
    }

    private static String texts(@Nullable Object blocks) {
        var all = new StringBuilder();
        for (Object each : JsonTree.elements(blocks)) {
            String text = text(JsonTree.members(each));
            if (!text.startsWith(ACCOUNTING)) {
                all.append(text);
            }
        }
        return all.toString();
    }

    private static String text(Map<String, Object> block) {
        return TEXT.equals(block.get("type")) && block.get(TEXT) instanceof String text ? text : "";
    }

    private static void add(Map<String, Object> given, List<Object> messages) throws UntoldException {
        String role = String.valueOf(given.get("role"));
        if (given.get("content") instanceof String text) {
            messages.add(ChatMessage.of(role, text));
            return;
        }
        var texts = new ArrayList<Object>();
        var calls = new ArrayList<Object>();
        var reasoning = new StringBuilder();
        boolean reasons = false;
        for (Object each : JsonTree.elements(given.get("content"))) {
            var block = JsonTree.members(each);
            switch (String.valueOf(block.get("type"))) {
                case TEXT -> {
                    if (!text(block).isEmpty()) {
                        texts.add(part(text(block)));
                    }
                }
                case "thinking" -> {
                    if (block.get("thinking") instanceof String thought) {
                        reasoning.append(thought);
                        reasons = true;
                    }
                }
                case "redacted_thinking", "tool_reference" -> {}
                case "tool_use" -> calls.add(call(block));
                case "tool_result" -> {
                    if (!role.equals("user")) {
                        throw new UntoldException(TokenGap.OTHER_API, "a tool's result that is not the user's");
                    }
                    messages.add(result(block));
                }
                default -> throw new UntoldException(TokenGap.NOT_TEXT, "a block of type " + block.get("type"));
            }
        }
        var message = new LinkedHashMap<String, Object>();
        message.put("role", role);
        if (reasons) {
            message.put("reasoning", reasoning.toString());
        }
        if (!calls.isEmpty()) {
            message.put("tool_calls", calls);
        }
        if (texts.size() == 1) {
            message.put("content", JsonTree.members(texts.getFirst()).get(TEXT));
        } else if (!texts.isEmpty()) {
            message.put("content", texts);
        }
        if (!role.equals("user") || message.containsKey("content")) {
            messages.add(message);
        }
    }

    private static Object part(String text) {
        var part = new LinkedHashMap<String, Object>();
        part.put("type", TEXT);
        part.put(TEXT, text);
        return part;
    }

    private static Object call(Map<String, Object> block) {
        var function = new LinkedHashMap<String, Object>();
        function.put("name", block.getOrDefault("name", ""));
        function.put("arguments", PythonJson.of(JsonTree.members(block.get("input"))));
        var call = new LinkedHashMap<String, Object>();
        call.put("id", block.getOrDefault("id", ""));
        call.put("type", "function");
        call.put("function", function);
        return call;
    }

    private static Object result(Map<String, Object> block) throws UntoldException {
        var given = block.get("content");
        String text;
        if (given instanceof String whole) {
            text = whole;
        } else {
            var texts = new ArrayList<String>();
            for (Object each : JsonTree.elements(given)) {
                var part = JsonTree.members(each);
                if (!TEXT.equals(part.get("type"))) {
                    throw new UntoldException(TokenGap.NOT_TEXT, "a tool's result of type " + part.get("type"));
                }
                texts.add(text(part));
            }
            text = String.join("\n", texts);
        }
        var message = new LinkedHashMap<String, Object>();
        message.put("role", "tool");
        message.put("tool_call_id", block.getOrDefault("tool_use_id", ""));
        message.put("content", text);
        return message;
    }

    private static Object tool(Object given) {
        var tool = JsonTree.members(given);
        var function = new LinkedHashMap<String, Object>();
        function.put("name", tool.getOrDefault("name", Nothing.NONE));
        function.put("description", tool.getOrDefault("description", Nothing.NONE));
        function.put("parameters", tool.getOrDefault("input_schema", Nothing.NONE));
        JsonTree.copy(tool, "strict", function, "strict");
        JsonTree.copy(tool, "defer_loading", function, "defer_loading");
        var wrapped = new LinkedHashMap<String, Object>();
        wrapped.put("type", "function");
        wrapped.put("function", function);
        return wrapped;
    }
}
