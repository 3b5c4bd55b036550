package io.kvasir.load.workload;

import io.kvasir.load.replay.PromptShape;
import io.kvasir.load.replay.ReplayRequest;
import io.kvasir.load.replay.Slo;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Requests of sessions that run side by side, each at the time at which it would come if engines took a nominal time to
 * answer. Sessions may have begun before the run: what came then is left out, and what follows it comes at its nominal time
 * with all that was said before in its prompt, so that a run starts in the midst of things. Not thread-safe.
 */
final class Timeline {
    /** Most requests of a run, which bounds its memory. */
    static final int MOST = 2_000_000;

    private static final double FIXED_SECONDS = 0.5;
    private static final double SECONDS_PER_TOKEN = 0.012;

    private final double seconds;
    private final List<Turn> turns = new ArrayList<>();

    /** One request to be. */
    static final class Turn {
        private final double at;
        private final @Nullable Turn parent;
        private final double think;
        private final int session;
        private final PromptShape prompt;
        private final long answer;
        private final int outputTokens;
        private final String kind;
        private int id = -1;

        private Turn(
                double at,
                @Nullable Turn parent,
                double think,
                int session,
                PromptShape prompt,
                long answer,
                int outputTokens,
                String kind) {
            this.at = at;
            this.parent = parent;
            this.think = think;
            this.session = session;
            this.prompt = prompt;
            this.answer = answer;
            this.outputTokens = outputTokens;
            this.kind = kind;
        }

        /** When its answer would have come. */
        double nominalEnd() {
            return at + FIXED_SECONDS + SECONDS_PER_TOKEN * outputTokens;
        }

        /** Its prompt and its answer, which the next turn repeats. */
        PromptShape said() {
            return prompt.then(answer, outputTokens);
        }
    }

    /** Of a run of that many seconds. */
    Timeline(double seconds) {
        this.seconds = seconds;
    }

    /** How many requests fall into the run so far. */
    int size() {
        return turns.size();
    }

    /** Whether something at that time is of no use any more. */
    boolean over(double at) {
        return at >= seconds;
    }

    /** The first request of a session, at a time that may be before the run. */
    Turn first(double at, int session, PromptShape prompt, long answer, int outputTokens, String kind) {
        return add(new Turn(at, null, 0, session, prompt, answer, outputTokens, kind));
    }

    /** A request that comes {@code think} seconds after the answer to another. */
    Turn after(Turn parent, double think, int session, PromptShape prompt, long answer, int outputTokens, String kind) {
        return add(new Turn(parent.nominalEnd() + think, parent, think, session, prompt, answer, outputTokens, kind));
    }

    private Turn add(Turn turn) {
        if (turn.at >= 0 && turn.at < seconds) {
            if (turns.size() == MOST) {
                throw new IllegalArgumentException(
                        "more than " + MOST + " requests in a run; ask for less time or rate");
            }
            turns.add(turn);
        }
        return turn;
    }

    /** All that falls into the run, in order of nominal time. */
    List<ReplayRequest> requests(@Nullable Slo slo) {
        turns.sort(Comparator.comparingDouble(turn -> turn.at));
        var requests = new ArrayList<ReplayRequest>(turns.size());
        for (var turn : turns) {
            int parent = turn.parent == null ? -1 : turn.parent.id;
            turn.id = requests.size();
            requests.add(new ReplayRequest(
                    turn.id,
                    turn.session,
                    parent,
                    parent < 0 ? turn.at : 0,
                    parent < 0 ? 0 : turn.think,
                    turn.prompt,
                    turn.answer,
                    turn.outputTokens,
                    0,
                    "",
                    turn.kind,
                    slo));
        }
        return requests;
    }

    /**
     * How many requests a run has.
     *
     * @throws IllegalArgumentException if that is none or too many
     */
    static int count(double seconds, double rate) {
        double count = seconds * rate;
        if (!(count >= 1 && count <= MOST)) {
            throw new IllegalArgumentException(
                    "requests of a run: " + Math.round(count) + "; allowed: 1 to " + MOST + " (seconds times rate)");
        }
        return (int) Math.round(count);
    }
}
