package io.kvasir.sim.http;

/** Answers of SGLang's own {@code /generate}. The events of a stream have the new text only, as with its option. */
final class SglangGenerateFormat implements AnswerFormat {
    private final Head head;

    SglangGenerateFormat(Head head) {
        this.head = head;
    }

    private String meta(Answer answer, int choice) {
        var sequence = answer.sequence(choice);
        var reason = answer.finishReason(choice);
        var finish = reason.equals("length")
                ? "{\"type\":\"length\",\"length\":" + sequence.generated() + "}"
                : "{\"type\":" + Json.quote(reason) + "}";
        return "\"meta_info\":{\"id\":" + Json.quote(head.id()) + ",\"finish_reason\":" + finish
                + ",\"prompt_tokens\":" + sequence.prompt().length() + ",\"weight_version\":\"default\","
                + "\"completion_tokens\":" + sequence.generated() + ",\"cached_tokens\":"
                + Math.max(0, sequence.cachedTokens()) + "}";
    }

    @Override
    public String whole(Answer answer) {
        int choices = answer.request().choices().size();
        var out = new StringBuilder();
        for (int i = 0; i < choices; i++) {
            out.append(i == 0 ? "" : ",").append("{\"text\":").append(Json.quote(answer.text(i)));
            out.append(',').append(meta(answer, i)).append('}');
        }
        return choices == 1 ? out.toString() : "[" + out + "]";
    }

    @Override
    public String chunkStart(int choice) {
        return "data: {\"index\":" + choice + ",\"text\":\"";
    }

    @Override
    public String chunkEnd(String finishReason) {
        return "\",\"meta_info\":{\"id\":" + Json.quote(head.id()) + ",\"finish_reason\":"
                + (finishReason.isEmpty() ? "null" : "{\"type\":\"" + finishReason + "\"}") + "}}\n\n";
    }

    @Override
    public String streamEnd(Answer answer) {
        return "data: {\"text\":\"\"," + meta(answer, 0) + "}\n\n" + ChoiceFormat.DONE;
    }
}
