package io.kvasir.load.workload;

import io.kvasir.load.replay.PromptShape;
import io.kvasir.load.replay.ReplayRequest;
import io.kvasir.load.replay.ReplayWorkload;
import io.kvasir.load.replay.Slo;
import io.kvasir.load.workload.Timeline.Turn;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Coding agents. Each session repeats all that was said and adds to it; now and then it sends out sub-agents, which fork from
 * its context, work side by side, and are waited for; now and then its context is thrown away but for system prompt and a
 * summary.
 *
 * <p>Made from published statistics. Of the SemiAnalysis/Weka set (219 sessions, 78,099 requests): 632 tokens more a turn
 * (median), answers of 317 / 1,705 tokens (p50 / p90), 2 s / 24 s / 11.4 min between turns (p50 / p90 / p99), sub-agents make
 * 52 % of requests in groups of 7 / 51 (p50 / p90), 2.8 % of turns reset the context. Of vLLM's AgentX (September 2026):
 * 43 turns in the median, sub-agents in 44 % of sessions. Contexts are those of inference-perf's recorded corpus, 49,000
 * tokens in the mean: longer ones, which the first set has, fit no engine of an 8B model's 131,072.
 *
 * @param seconds of arrivals
 * @param slo what each request is to meet; null for nothing
 */
public record AgenticWorkload(double seconds, @Nullable Slo slo) implements ReplayWorkload {
    /** Longest prompt: beyond it a session starts anew from a summary. */
    static final int MOST_CONTEXT = 120_000;

    private static final int AGENT_KINDS = 8;
    private static final double TURNS_P50 = 43;
    private static final double TURNS_P90 = 142;
    private static final double SESSIONS_WITH_SUB_AGENTS = 0.44;
    private static final double GROUPS_PER_TURN = 0.14;
    private static final double RESETS = 0.028;

    /** Sessions that began before the run and are long since over cost nothing but chance. */
    private static final double SESSION_SECONDS = 2_400;

    @Override
    public String name() {
        return "agentic";
    }

    @Override
    public List<ReplayRequest> requests(long seed, double rate) {
        int count = Timeline.count(seconds, rate);
        var draw = new Draw(seed, "agentic");
        var timeline = new Timeline(seconds);
        for (int session = 0; timeline.size() < count; session++) {
            new Session(timeline, draw, session).run(draw.uniform(-SESSION_SECONDS, seconds));
        }
        return timeline.requests(slo);
    }

    private static final class Session {
        private final Timeline timeline;
        private final Draw draw;
        private final int number;
        private final PromptShape system;
        private final boolean sendsOut;

        Session(Timeline timeline, Draw draw, int number) {
            this.timeline = timeline;
            this.draw = draw;
            this.number = number;
            int kind = draw.whole(0, AGENT_KINDS - 1);
            // tools and instructions, the same for every session of a kind of agent
            system = PromptShape.EMPTY.then(0x5e55_0000L + kind, 6_000 + 1_500 * kind);
            sendsOut = draw.chance(SESSIONS_WITH_SUB_AGENTS);
        }

        void run(double start) {
            int turns = (int) draw.skewed(TURNS_P50, TURNS_P90, 1, 400);
            var context = system.then(draw.id(), (int) draw.skewed(8_000, 30_000, 200, 60_000));
            Turn turn = null;
            for (int i = 0; i < turns; i++) {
                context = grown(context);
                turn = say(turn, start, context, "agent");
                if (timeline.over(turn.nominalEnd())) {
                    return;
                }
                context = turn.said();
                if (sendsOut && draw.chance(GROUPS_PER_TURN)) {
                    turn = sendOut(turn, context);
                    // what the sub-agents found
                    context = context.then(draw.id(), (int) draw.skewed(600, 2_000, 50, 8_000));
                }
            }
        }

        /** A group of sub-agents; the session goes on when the one with most to do has ended. */
        private Turn sendOut(Turn from, PromptShape context) {
            int requests = (int) draw.skewed(7, 51, 1, 100);
            int agents = Math.min(requests, draw.whole(1, 4));
            var last = from;
            for (int agent = 0; agent < agents; agent++) {
                int turns = requests / agents + (agent < requests % agents ? 1 : 0);
                var own = context.then(draw.id(), (int) draw.skewed(400, 1_500, 50, 5_000));
                var turn = from;
                for (int i = 0; i < turns && !timeline.over(turn.nominalEnd()); i++) {
                    own = i == 0 ? fit(own) : grown(own);
                    turn = say(turn, 0, own, "sub-agent");
                    own = turn.said();
                }
                if (turn.nominalEnd() > last.nominalEnd()) {
                    last = turn;
                }
            }
            return last;
        }

        private PromptShape grown(PromptShape context) {
            int more = (int) draw.skewed(632, 2_500, 20, 20_000);
            return fit((draw.chance(RESETS) ? summary() : context).then(draw.id(), more));
        }

        private PromptShape fit(PromptShape context) {
            return context.length() <= MOST_CONTEXT ? context : summary().then(draw.id(), 1_000);
        }

        private PromptShape summary() {
            return system.then(draw.id(), (int) draw.skewed(2_000, 6_000, 200, 15_000));
        }

        private Turn say(@Nullable Turn before, double start, PromptShape prompt, String kind) {
            int output = (int) draw.skewed(317, 1_705, 1, 8_000);
            return before == null
                    ? timeline.first(start, number, prompt, draw.id(), output, kind)
                    : timeline.after(before, draw.skewed(2, 24, 0.05, 684), number, prompt, draw.id(), output, kind);
        }
    }
}
