package io.kvasir.sim.http;

/** Text completions as vLLM 0.32 writes them. */
final class VllmCompletionFormat implements ChoiceFormat {
    private final Head head;

    VllmCompletionFormat(Head head) {
        this.head = head;
    }

    @Override
    public String wholeStart() {
        return head.json("text_completion") + ",\"choices\":[";
    }

    @Override
    public void wholeChoice(StringBuilder out, int choice, String text, String finishReason) {
        out.append("{\"index\":")
                .append(choice)
                .append(",\"text\":\"")
                .append(text)
                .append("\",\"logprobs\":null,\"finish_reason\":\"")
                .append(finishReason)
                .append("\",\"stop_reason\":null,\"token_ids\":null,\"prompt_logprobs\":null,")
                .append("\"prompt_token_ids\":null,\"routed_experts\":null}");
    }

    @Override
    public String wholeEnd(Usage usage) {
        return "],\"service_tier\":null,\"system_fingerprint\":\"" + VllmUsage.FINGERPRINT + "\",\"usage\":"
                + VllmUsage.whole(usage) + ",\"kv_transfer_params\":null}";
    }

    @Override
    public String firstChunk(int choice) {
        return "";
    }

    @Override
    public String chunkStart(int choice) {
        return "data: " + head.json("text_completion") + ",\"choices\":[{\"index\":" + choice + ",\"text\":\"";
    }

    @Override
    public String chunkEnd(String finishReason) {
        return "\",\"logprobs\":null,\"finish_reason\":"
                + (finishReason.isEmpty() ? "null" : "\"" + finishReason + "\"")
                + ",\"stop_reason\":null,\"prompt_token_ids\":null,\"token_ids\":null}],\"usage\":null}\n\n";
    }

    @Override
    public String usageChunk(Usage usage) {
        return "data: " + head.json("text_completion") + ",\"choices\":[],\"usage\":" + VllmUsage.streamed(usage)
                + ",\"system_fingerprint\":\"" + VllmUsage.FINGERPRINT + "\"}\n\n";
    }
}
