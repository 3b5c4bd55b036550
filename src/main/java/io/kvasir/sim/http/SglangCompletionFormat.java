package io.kvasir.sim.http;

/** Text completions as SGLang writes them. */
final class SglangCompletionFormat implements ChoiceFormat {
    private final Head head;

    SglangCompletionFormat(Head head) {
        this.head = head;
    }

    private static String ending(String finishReason) {
        if (finishReason.isEmpty()) {
            return "\"logprobs\":null,\"finish_reason\":null,\"matched_stop\":null";
        }
        return "\"logprobs\":null,\"finish_reason\":\"" + finishReason + "\",\"matched_stop\":null";
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
                .append("\",")
                .append(ending(finishReason))
                .append('}');
    }

    @Override
    public String wholeEnd(Usage usage) {
        return "],\"usage\":" + SglangUsage.of(usage) + ",\"metadata\":{\"weight_version\":\"default\"}}";
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
        return "\"," + ending(finishReason) + "}],\"usage\":null}\n\n";
    }

    @Override
    public String usageChunk(Usage usage) {
        return "data: " + head.json("text_completion") + ",\"choices\":[],\"usage\":" + SglangUsage.of(usage) + "}\n\n";
    }
}
