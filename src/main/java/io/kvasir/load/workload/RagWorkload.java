package io.kvasir.load.workload;

import io.kvasir.load.replay.PromptShape;
import io.kvasir.load.replay.ReplayRequest;
import io.kvasir.load.replay.ReplayWorkload;
import io.kvasir.load.replay.Slo;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Questions about documents: a system prompt that all share, one to three documents of which few are asked for often, then a
 * question that nobody else asks. Only the leading documents that two prompts have in common can be reused. Lengths are those
 * of inference-perf's catalogue (retrieval: 15,000 tokens in the mean, answers normal 500 ± 300 within 50 to 2,000, system
 * prompt 500); popularity is Zipf's with exponent 1, as web requests have it (Breslau et al., INFOCOM 1999).
 *
 * @param seconds of arrivals
 * @param slo what each request is to meet; null for nothing
 */
public record RagWorkload(double seconds, @Nullable Slo slo) implements ReplayWorkload {
    private static final int DOCUMENTS = 1_000;
    private static final int SYSTEM_TOKENS = 500;
    private static final Zipf POPULARITY = new Zipf(DOCUMENTS, 1);

    @Override
    public String name() {
        return "rag";
    }

    @Override
    public List<ReplayRequest> requests(long seed, double rate) {
        int count = Timeline.count(seconds, rate);
        var draw = new Draw(seed, "rag");
        int[] lengths = new int[DOCUMENTS];
        for (int i = 0; i < DOCUMENTS; i++) {
            lengths[i] = (int) draw.skewedByMean(7_000, 9_000, 500, 25_000);
        }
        var timeline = new Timeline(seconds);
        double at = 0;
        for (int i = 0; i < count; i++) {
            at += draw.exponential(1 / rate);
            var prompt = PromptShape.EMPTY.then(0x4a6_0000L, SYSTEM_TOKENS);
            int documents = draw.whole(1, 3);
            for (int d = 0; d < documents; d++) {
                int document = POPULARITY.draw(draw);
                prompt = prompt.then(0x4a6_1000L + document, lengths[document]);
            }
            prompt = prompt.then(draw.id(), (int) draw.skewed(40, 150, 5, 1_000));
            timeline.first(at, -1, prompt, draw.id(), (int) draw.normal(500, 300, 50, 2_000), "rag");
        }
        return timeline.requests(slo);
    }
}
