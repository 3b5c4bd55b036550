package io.kvasir.load.workload;

import io.kvasir.load.replay.PromptShape;
import io.kvasir.load.replay.ReplayRequest;
import io.kvasir.load.replay.ReplayWorkload;
import io.kvasir.load.replay.Slo;
import io.kvasir.load.workload.Timeline.Turn;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A day of chat in little: the rate rises from four tenths of its mean at night to 1.6 times it at noon, and five bursts on
 * top of that bring twice the mean more, each for a sixtieth of the run. Conversations are those of inference-perf's catalogue
 * (interactive chat: 4 ± 2.5 turns, 45 ± 40 s between them, first prompts of 4,000 ± 2,500 tokens, then 50 ± 40 more, answers
 * 300 ± 150, a system prompt of 1,000); four applications have one each.
 *
 * @param seconds that the day takes
 * @param slo what each request is to meet; null for nothing
 */
public record DayWorkload(double seconds, @Nullable Slo slo) implements ReplayWorkload {
    private static final int BURSTS = 5;
    private static final double BURST = 2;
    private static final double SWING = 0.6;
    private static final double MOST = 1 + SWING + BURST;
    private static final double BEFORE_SECONDS = 300;
    private static final int SYSTEM_TOKENS = 1_000;
    private static final Zipf APPLICATIONS = new Zipf(4, 1);

    @Override
    public String name() {
        return "day";
    }

    @Override
    public List<ReplayRequest> requests(long seed, double rate) {
        int count = Timeline.count(seconds, rate);
        var draw = new Draw(seed, "day");
        double[] bursts = new double[BURSTS];
        for (int i = 0; i < BURSTS; i++) {
            bursts[i] = draw.uniform(0.05, 0.95) * seconds;
        }
        var timeline = new Timeline(seconds);
        for (int session = 0; timeline.size() < count; session++) {
            double at = draw.uniform(-BEFORE_SECONDS, seconds);
            while (draw.share() * MOST > shape(at, bursts)) {
                at = draw.uniform(-BEFORE_SECONDS, seconds);
            }
            converse(timeline, draw, session, at);
        }
        return timeline.requests(slo);
    }

    /** The rate at a time, as a multiple of its mean but for the bursts. */
    double shape(double at, double[] bursts) {
        double shape = 1 - SWING * Math.cos(2 * Math.PI * Math.max(0, at) / seconds);
        for (double burst : bursts) {
            if (at >= burst && at < burst + seconds / 60) {
                shape += BURST;
            }
        }
        return Math.min(shape, MOST);
    }

    private static void converse(Timeline timeline, Draw draw, int session, double start) {
        int turns = (int) Math.round(draw.skewedByMean(4, 2.5, 1, 15));
        var prompt = PromptShape.EMPTY
                .then(0xda_0000L + APPLICATIONS.draw(draw), SYSTEM_TOKENS)
                .then(draw.id(), (int) draw.skewedByMean(3_000, 2_500, 10, 14_000));
        Turn turn = null;
        for (int i = 0; i < turns; i++) {
            int output = (int) draw.normal(300, 150, 10, 1_000);
            turn = turn == null
                    ? timeline.first(start, session, prompt, draw.id(), output, "chat")
                    : timeline.after(
                            turn, draw.skewedByMean(45, 40, 5, 300), session, prompt, draw.id(), output, "chat");
            if (timeline.over(turn.nominalEnd())) {
                return;
            }
            prompt = turn.said().then(draw.id(), (int) draw.skewedByMean(50, 40, 10, 1_000));
        }
    }
}
