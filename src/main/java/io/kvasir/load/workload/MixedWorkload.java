package io.kvasir.load.workload;

import io.kvasir.load.replay.PromptShape;
import io.kvasir.load.replay.ReplayRequest;
import io.kvasir.load.replay.ReplayWorkload;
import io.kvasir.load.replay.Slo;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Short questions among long documents, which share nothing: nine in ten prompts are of chat's length (the Azure trace's
 * 1,020 / 2,735 tokens, p50 / p90), one in ten of 16,000 to 100,000 tokens. It shows who makes the short wait behind the long.
 *
 * @param seconds of arrivals
 * @param slo what each short request is to meet, and each long one with ten times as long to the first token; null for
 *     nothing
 */
public record MixedWorkload(double seconds, @Nullable Slo slo) implements ReplayWorkload {
    private static final double LONG = 0.1;
    private static final double PATIENCE = 10;

    @Override
    public String name() {
        return "mixed-lengths";
    }

    @Override
    public List<ReplayRequest> requests(long seed, double rate) {
        int count = Timeline.count(seconds, rate);
        var draw = new Draw(seed, "mixed-lengths");
        var timeline = new Timeline(seconds);
        double at = 0;
        for (int i = 0; i < count; i++) {
            at += draw.exponential(1 / rate);
            boolean big = draw.chance(LONG);
            int input = (int) (big ? draw.uniform(16_000, 100_000) : draw.skewed(1_020, 2_735, 16, 12_000));
            int output = (int) (big ? draw.skewed(300, 800, 50, 2_000) : draw.skewed(129, 424, 5, 1_000));
            timeline.first(at, -1, PromptShape.EMPTY.then(draw.id(), input), draw.id(), output, big ? "long" : "short");
        }
        return timeline.requests(slo).stream()
                .map(request -> request.kind().equals("long") ? patient(request) : request)
                .toList();
    }

    private static ReplayRequest patient(ReplayRequest request) {
        var slo = request.slo();
        return new ReplayRequest(
                request.id(),
                request.session(),
                request.parent(),
                request.arrivalSeconds(),
                request.thinkSeconds(),
                request.prompt(),
                request.answer(),
                request.outputTokens(),
                request.maxTokens(),
                request.model(),
                request.kind(),
                slo == null ? null : new Slo(PATIENCE * slo.ttftSeconds(), slo.tpotSeconds()));
    }
}
