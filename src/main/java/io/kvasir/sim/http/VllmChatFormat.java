package io.kvasir.sim.http;

/** Chat completions as vLLM 0.32 writes them. */
final class VllmChatFormat implements ChoiceFormat {
    private final Head head;

    VllmChatFormat(Head head) {
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
            out.append('"').append(text).append('"');
        } else {
            out.append("null");
        }
        out.append(",\"refusal\":null,\"annotations\":null,\"audio\":null,\"function_call\":null");
        if (tool != null) {
            out.append(",\"tool_calls\":[{\"id\":")
                    .append(Json.quote(head.callId(choice)))
                    .append(",\"type\":\"function\",\"function\":{\"name\":")
                    .append(Json.quote(tool.name()))
                    .append(",\"arguments\":")
                    .append(Json.quote(text))
                    .append("}}]");
        }
        out.append(",\"reasoning\":null},\"logprobs\":null,\"finish_reason\":\"")
                .append(finishReason)
                .append("\",\"stop_reason\":null,\"token_ids\":null,\"routed_experts\":null}");
    }

    @Override
    public String wholeEnd(Usage usage) {
        return "],\"service_tier\":null,\"system_fingerprint\":\"" + VllmUsage.FINGERPRINT + "\",\"usage\":"
                + VllmUsage.whole(usage)
                + ",\"prompt_logprobs\":null,\"prompt_token_ids\":null,\"prompt_text\":null,"
                + "\"kv_transfer_params\":null,\"ec_transfer_params\":null,\"metrics\":null}";
    }

    private String chunk(int choice) {
        return "data: " + head.json("chat.completion.chunk") + ",\"choices\":[{\"index\":" + choice + ",\"delta\":{";
    }

    @Override
    public String firstChunk(int choice) {
        var start = chunk(choice) + "\"role\":\"assistant\",\"content\":\"\"},\"logprobs\":null,"
                + "\"finish_reason\":null}],\"prompt_token_ids\":null,\"prompt_text\":null}\n\n";
        var tool = head.tool();
        if (tool == null) {
            return start;
        }
        return start + chunk(choice) + "\"tool_calls\":[{\"id\":" + Json.quote(head.callId(choice))
                + ",\"type\":\"function\",\"index\":0,\"function\":{\"name\":" + Json.quote(tool.name())
                + ",\"arguments\":\"\"}}]},\"logprobs\":null,\"finish_reason\":null,\"token_ids\":null}]}\n\n";
    }

    @Override
    public String chunkStart(int choice) {
        return chunk(choice)
                + (head.tool() == null
                        ? "\"content\":\""
                        : "\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"");
    }

    @Override
    public String chunkEnd(String finishReason) {
        return (head.tool() == null ? "\"}" : "\"}}]}") + ",\"logprobs\":null,\"finish_reason\":"
                + (finishReason.isEmpty() ? "null" : "\"" + finishReason + "\",\"stop_reason\":null")
                + ",\"token_ids\":null}]}\n\n";
    }

    @Override
    public String usageChunk(Usage usage) {
        return "data: " + head.json("chat.completion.chunk") + ",\"choices\":[],\"usage\":" + VllmUsage.streamed(usage)
                + ",\"system_fingerprint\":\"" + VllmUsage.FINGERPRINT + "\"}\n\n";
    }
}
