package io.kvasir.sim.http;

/** Chat completions as SGLang writes them. */
final class SglangChatFormat implements ChoiceFormat {
    private final Head head;

    SglangChatFormat(Head head) {
        this.head = head;
    }

    @Override
    public String wholeStart() {
        return head.json("chat.completion") + ",\"choices\":[";
    }

    @Override
    public void wholeChoice(StringBuilder out, int choice, String text, String finishReason) {
        out.append("{\"index\":").append(choice).append(",\"message\":{\"role\":\"assistant\",\"content\":");
        var tool = head.tool();
        if (tool == null) {
            out.append('"').append(text).append("\",\"reasoning_content\":null,\"tool_calls\":null");
        } else {
            out.append("null,\"reasoning_content\":null,\"tool_calls\":[{\"id\":")
                    .append(Json.quote(head.callId(choice)))
                    .append(",\"index\":0,\"type\":\"function\",\"function\":{\"name\":")
                    .append(Json.quote(tool.name()))
                    .append(",\"arguments\":")
                    .append(Json.quote(text))
                    .append("}}]");
        }
        out.append("},\"logprobs\":null,\"finish_reason\":\"")
                .append(finishReason)
                .append("\",\"matched_stop\":null}");
    }

    @Override
    public String wholeEnd(Usage usage) {
        return "],\"usage\":" + SglangUsage.of(usage) + ",\"metadata\":{\"weight_version\":\"default\"}}";
    }

    private String chunk(int choice) {
        return "data: " + head.json("chat.completion.chunk") + ",\"choices\":[{\"index\":" + choice + ",\"delta\":{";
    }

    @Override
    public String firstChunk(int choice) {
        var start = chunk(choice) + "\"role\":\"assistant\",\"content\":\"\",\"reasoning_content\":null,"
                + "\"tool_calls\":null},\"logprobs\":null,\"finish_reason\":null,\"matched_stop\":null}],"
                + "\"usage\":null}\n\n";
        var tool = head.tool();
        if (tool == null) {
            return start;
        }
        return start + chunk(choice)
                + "\"role\":null,\"content\":null,\"reasoning_content\":null,\"tool_calls\":[{\"id\":"
                + Json.quote(head.callId(choice)) + ",\"index\":0,\"type\":\"function\",\"function\":{\"name\":"
                + Json.quote(tool.name()) + ",\"arguments\":\"\"}}]},\"logprobs\":null,\"finish_reason\":null,"
                + "\"matched_stop\":null}],\"usage\":null}\n\n";
    }

    @Override
    public String chunkStart(int choice) {
        return chunk(choice)
                + (head.tool() == null
                        ? "\"role\":null,\"content\":\""
                        : "\"role\":null,\"content\":null,\"reasoning_content\":null,"
                                + "\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"");
    }

    @Override
    public String chunkEnd(String finishReason) {
        return (head.tool() == null ? "\",\"reasoning_content\":null,\"tool_calls\":null}" : "\"}}]}")
                + ",\"logprobs\":null,\"finish_reason\":"
                + (finishReason.isEmpty() ? "null" : "\"" + finishReason + "\"")
                + ",\"matched_stop\":null}],\"usage\":null}\n\n";
    }

    @Override
    public String usageChunk(Usage usage) {
        return "data: " + head.json("chat.completion.chunk") + ",\"choices\":[],\"usage\":" + SglangUsage.of(usage)
                + "}\n\n";
    }
}
