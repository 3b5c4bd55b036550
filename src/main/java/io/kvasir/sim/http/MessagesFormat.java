package io.kvasir.sim.http;

/** Answers of Anthropic's Messages API as vLLM 0.32 writes them. */
final class MessagesFormat implements AnswerFormat {
    private final Head head;

    MessagesFormat(Head head) {
        this.head = head;
    }

    private String message(String content, String rest) {
        return "{\"id\":" + Json.quote(head.id()) + ",\"type\":\"message\",\"role\":\"assistant\",\"content\":["
                + content + "],\"model\":" + Json.quote(head.model()) + rest + "}";
    }

    /** Of the prompt only what was neither read from the cache nor written to it is {@code input_tokens}. */
    private static String usage(Usage usage, int output) {
        int cached = usage.cached();
        int created = Math.min(usage.created(), usage.prompt() - cached);
        return "{\"input_tokens\":" + (usage.prompt() - cached - created) + ",\"output_tokens\":" + output
                + ",\"cache_creation_input_tokens\":" + created + ",\"cache_read_input_tokens\":" + cached + "}";
    }

    private static String reason(String finishReason) {
        return switch (finishReason) {
            case "length" -> "max_tokens";
            case "tool_calls" -> "tool_use";
            default -> "end_turn";
        };
    }

    private String block(String text, String input) {
        var tool = head.tool();
        return tool == null
                ? "{\"type\":\"text\",\"text\":" + Json.quote(text) + "}"
                : "{\"type\":\"tool_use\",\"id\":" + Json.quote(head.callId(0)) + ",\"name\":" + Json.quote(tool.name())
                        + ",\"input\":" + input + "}";
    }

    /** What the tool is called with; nothing where the limit cut it. */
    private String input(Answer answer) {
        var tool = head.tool();
        return tool != null && tool.arguments().equals(answer.text(0)) ? tool.arguments() : "{}";
    }

    @Override
    public String whole(Answer answer) {
        var usage = Usage.of(answer);
        return message(
                block(answer.text(0), input(answer)),
                ",\"stop_reason\":\"" + reason(answer.finishReason(0)) + "\",\"usage\":"
                        + usage(usage, usage.completion()));
    }

    private static String event(String type, String members) {
        return "event: " + type + "\ndata: {\"type\":\"" + type + "\"" + members + "}\n\n";
    }

    @Override
    public String streamStart(Answer answer) {
        var begun = message("", ",\"usage\":" + usage(Usage.of(answer), 0));
        return event("message_start", ",\"message\":" + begun)
                + event("content_block_start", ",\"index\":0,\"content_block\":" + block("", "{}"));
    }

    @Override
    public String chunkStart(int choice) {
        return "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
                + (head.tool() == null
                        ? "{\"type\":\"text_delta\",\"text\":\""
                        : "{\"type\":\"input_json_delta\",\"partial_json\":\"");
    }

    @Override
    public String chunkEnd(String finishReason) {
        return "\"}}\n\n";
    }

    @Override
    public String streamEnd(Answer answer) {
        var usage = Usage.of(answer);
        return event("content_block_stop", ",\"index\":0")
                + event(
                        "message_delta",
                        ",\"delta\":{\"stop_reason\":\"" + reason(answer.finishReason(0)) + "\"},\"usage\":"
                                + usage(usage, usage.completion()))
                + event("message_stop", "")
                + ChoiceFormat.DONE;
    }
}
