package io.kvasir.sim.http;

import io.kvasir.sim.engine.Output;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * Answers of the APIs that say numbers about prompts, as vLLM 0.32 writes them. The numbers are a function of the
 * prompt, so that the same prompt always gets the same.
 */
final class PoolingFormat implements AnswerFormat {
    private static final int DIMENSIONS = 16;
    private static final int MOST_DIMENSIONS = 4096;

    private final Head head;
    private final GenerationRequest request;

    PoolingFormat(Head head, GenerationRequest request) {
        this.head = head;
        this.request = request;
    }

    @Override
    public String whole(Answer answer) {
        int tokens = Usage.of(answer).prompt();
        if (request.api() == Api.RERANK) {
            return "{\"id\":" + Json.quote(head.id()) + ",\"model\":" + Json.quote(head.model())
                    + ",\"usage\":{\"prompt_tokens\":" + tokens + ",\"total_tokens\":" + tokens + "},\"results\":["
                    + ranked() + "]}";
        }
        var data = new StringBuilder();
        for (int i = 0; i < request.choices().size(); i++) {
            data.append(i == 0 ? "" : ",").append("{\"index\":").append(i).append(',');
            data.append(about(request.choices().get(i).output())).append('}');
        }
        return head.json("list") + ",\"data\":[" + data + "],\"usage\":{\"prompt_tokens\":" + tokens
                + ",\"total_tokens\":" + tokens + ",\"completion_tokens\":0,\"prompt_tokens_details\":null}}";
    }

    private String about(Output output) {
        return switch (request.api()) {
            case CLASSIFY -> {
                double share = share(output, 0);
                yield "\"label\":\"LABEL_" + (share < 0.5 ? 1 : 0) + "\",\"probs\":[" + share + "," + (1 - share)
                        + "],\"num_classes\":2";
            }
            case SCORE -> "\"object\":\"score\",\"score\":" + share(output, 0);
            case POOLING -> "\"object\":\"pooling\",\"data\":" + vector(output);
            default -> "\"object\":\"embedding\",\"embedding\":" + vector(output);
        };
    }

    private String vector(Output output) {
        int dimensions = request.body().path("dimensions").asInt(DIMENSIONS);
        int length = Math.clamp(dimensions, 1, MOST_DIMENSIONS);
        if (request.body().path("encoding_format").asText().equals("base64")) {
            var bytes = ByteBuffer.allocate(length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            IntStream.range(0, length).forEach(i -> bytes.putFloat((float) share(output, i)));
            return "\"" + Base64.getEncoder().encodeToString(bytes.array()) + "\"";
        }
        var out = new StringBuilder("[");
        for (int i = 0; i < length; i++) {
            out.append(i == 0 ? "" : ",").append((float) share(output, i));
        }
        return out.append(']').toString();
    }

    private String ranked() {
        var documents = request.body().path("documents");
        int documentsAsked = request.choices().size();
        int top = request.body().path("top_n").asInt(0);
        var order = IntStream.range(0, documentsAsked)
                .boxed()
                .sorted(Comparator.comparingDouble(
                        i -> -share(request.choices().get(i).output(), 0)))
                .limit(top > 0 ? top : documentsAsked)
                .toList();
        var out = new StringBuilder();
        for (int i : order) {
            var document = documents.isTextual() ? documents : documents.path(i);
            var text = document.isTextual() ? document : document.path("text");
            out.append(out.isEmpty() ? "" : ",").append("{\"index\":").append(i).append(",\"document\":{\"text\":");
            out.append(Json.quote(text.asText())).append(",\"multi_modal\":null},\"relevance_score\":");
            out.append(share(request.choices().get(i).output(), 0)).append('}');
        }
        return out.toString();
    }

    /** A number from 0 to 1. */
    private static double share(Output output, int at) {
        long bits = (output.seed() + 0x9E3779B97F4A7C15L * (at + 1)) * 0xBF58476D1CE4E5B9L;
        return (bits >>> 40) / (double) (1 << 24);
    }

    @Override
    public String chunkStart(int choice) {
        throw new IllegalStateException("not streamed");
    }

    @Override
    public String chunkEnd(String finishReason) {
        throw new IllegalStateException("not streamed");
    }

    @Override
    public String streamEnd(Answer answer) {
        throw new IllegalStateException("not streamed");
    }
}
