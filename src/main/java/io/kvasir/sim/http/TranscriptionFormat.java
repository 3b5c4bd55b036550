package io.kvasir.sim.http;

import com.fasterxml.jackson.databind.JsonNode;

/** Transcriptions and translations as vLLM 0.32 writes them. */
final class TranscriptionFormat implements AnswerFormat {
    private final Head head;
    private final JsonNode form;

    TranscriptionFormat(Head head, JsonNode form) {
        this.head = head;
        this.form = form;
    }

    @Override
    public String whole(Answer answer) {
        return "{\"text\":" + Json.quote(answer.text(0)) + ",\"usage\":{\"type\":\"duration\",\"seconds\":"
                + form.path("seconds").asInt() + "}}";
    }

    private String start() {
        return "data: " + head.json("transcription.chunk") + ",\"choices\":[";
    }

    @Override
    public String chunkStart(int choice) {
        return start() + "{\"delta\":{\"content\":\"";
    }

    @Override
    public String chunkEnd(String finishReason) {
        return "\",\"reasoning_content\":null},\"finish_reason\":"
                + (finishReason.isEmpty() ? "null" : "\"" + finishReason + "\"") + ",\"stop_reason\":null}]}\n\n";
    }

    @Override
    public String streamEnd(Answer answer) {
        return answer.request().includeUsage()
                ? start() + "],\"usage\":" + VllmUsage.streamed(Usage.of(answer)) + "}\n\n" + ChoiceFormat.DONE
                : ChoiceFormat.DONE;
    }
}
