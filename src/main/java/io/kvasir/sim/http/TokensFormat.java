package io.kvasir.sim.http;

import io.kvasir.sim.engine.Vocabulary;

/** Answers of vLLM's {@code /inference/v1/generate}: token ids. Streams tell them one event at a time. */
final class TokensFormat implements AnswerFormat {
    private final Head head;

    TokensFormat(Head head) {
        this.head = head;
    }

    private String start() {
        return "{\"request_id\":" + Json.quote(head.id()) + ",\"model\":" + Json.quote(head.model()) + ",\"created\":"
                + head.created();
    }

    @Override
    public String whole(Answer answer) {
        var out = new StringBuilder(start())
                .append(",\"usage\":")
                .append(VllmUsage.whole(Usage.of(answer)))
                .append(",\"prompt_logprobs\":null,\"prompt_token_ids\":null,\"metrics\":null,")
                .append("\"kv_transfer_params\":null,\"ec_transfer_params\":null,\"output_mode\":\"tokens\",")
                .append("\"choices\":[");
        for (int i = 0; i < answer.request().choices().size(); i++) {
            int tokens = answer.sequence(i).generated();
            out.append(i == 0 ? "" : ",").append("{\"index\":").append(i).append(",\"finish_reason\":\"");
            out.append(answer.finishReason(i)).append("\",\"stop_reason\":null,\"token_ids\":[");
            for (int t = 0; t < tokens; t++) {
                out.append(t == 0 ? "" : ",")
                        .append(Vocabulary.token(answer.sequence(i).output().seed(), t));
            }
            out.append("],\"weight_versions\":[{\"version\":\"default\",\"start\":0,\"end\":")
                    .append(tokens)
                    .append("}],\"logprobs\":null}");
        }
        return out.append("]}").toString();
    }

    @Override
    public String chunkStart(int choice) {
        return "data: " + start() + ",\"output_mode\":\"text\",\"choices\":[{\"index\":" + choice + ",\"text\":\"";
    }

    @Override
    public String chunkEnd(String finishReason) {
        return "\",\"finish_reason\":" + (finishReason.isEmpty() ? "null" : "\"" + finishReason + "\"") + "}]}\n\n";
    }

    @Override
    public String streamEnd(Answer answer) {
        return "data: " + start() + ",\"choices\":[],\"usage\":" + VllmUsage.streamed(Usage.of(answer)) + "}\n\n"
                + ChoiceFormat.DONE;
    }
}
