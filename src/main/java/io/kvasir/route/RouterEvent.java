package io.kvasir.route;

import io.kvasir.cost.ClassRates;
import io.kvasir.cost.Prediction;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.PickReason;
import io.kvasir.request.Refusal;
import io.kvasir.request.Request;
import io.kvasir.schedule.Decision;
import io.kvasir.schedule.Explanation;
import io.kvasir.token.TokenSource;
import io.kvasir.traffic.AppliedRules;
import org.jspecify.annotations.Nullable;

/**
 * Something that the router did. Events of one request share an id and come in their order; those of different requests may
 * overtake each other. An event is made only where somebody listens to its kind, and never changes. Times are of
 * {@link Router#nanoTime}.
 */
public sealed interface RouterEvent {
    /** Kinds of events, for who listens to choose. */
    enum Kind {
        DECIDED,
        PLACED,
        REFUSED,
        ENDED,
        INDEX_CHANGED,
        RATES_DRIFTED
    }

    Kind kind();

    /** When, in ns. */
    long nanos();

    /**
     * A request has an endpoint. Told on the thread that decided, before the door hears of it and after it was
     * {@link Placed}.
     *
     * @param id the request's among all that were decided
     * @param asked as the door gave it, with the model that it asked for
     * @param routed with the model that it is routed to, and the prompt measured in its tokens
     * @param rules what operators' rules said of it
     * @param prediction what is expected of it where it was placed
     * @param tokens where the tokens of the prompt are known from
     * @param explanation how that came about; null for all but a {@linkplain Router#explanations sample}
     */
    record Decided(
            long nanos,
            long id,
            Request asked,
            Request routed,
            AppliedRules rules,
            Decision decision,
            Prediction prediction,
            TokenSource tokens,
            @Nullable Explanation explanation)
            implements RouterEvent {
        @Override
        public Kind kind() {
            return Kind.DECIDED;
        }
    }

    /**
     * A request was counted on an endpoint: as decided, or as the next to be tried.
     *
     * @param prediction what is expected of it there
     */
    record Placed(long nanos, long id, Endpoint endpoint, PickReason reason, Prediction prediction)
            implements RouterEvent {
        @Override
        public Kind kind() {
            return Kind.PLACED;
        }
    }

    /**
     * A request got no endpoint.
     *
     * @param asked as the door gave it
     * @param rules what operators' rules said of it
     */
    record Refused(long nanos, Request asked, AppliedRules rules, Refusal refusal) implements RouterEvent {
        @Override
        public Kind kind() {
            return Kind.REFUSED;
        }
    }

    /**
     * A request that had an endpoint is over.
     *
     * @param endpoint the last that it was placed on
     * @param prediction what was expected there
     * @param times what happened when
     * @param usage what it took
     * @param answerBytes bytes of the body of its answer; -1 where it was not seen to its end
     * @param reuse what was believed of its cache there
     */
    record Ended(
            long nanos,
            long id,
            Endpoint endpoint,
            Outcome outcome,
            Prediction prediction,
            Times times,
            Usage usage,
            long answerBytes,
            Reuse reuse)
            implements RouterEvent {
        @Override
        public Kind kind() {
            return Kind.ENDED;
        }

        /** Seconds from its last placement to its first token; NaN where none was seen. */
        public double firstTokenSeconds() {
            return times.firstToken == 0 ? Double.NaN : (times.firstToken - times.placed) * 1e-9;
        }
    }

    /**
     * When things happened, in ns.
     *
     * @param decided the decision began
     * @param placed it was placed on the last endpoint
     * @param firstToken the first token was seen; 0 where none was
     */
    record Times(long decided, long placed, long firstToken) {}

    /**
     * What engines reported, -1 where they did not.
     *
     * @param promptTokens tokens of the prompt
     * @param cachedTokens of these, found in the cache
     * @param outputTokens tokens of the answer; where nobody reported, the events of a stream that had content
     */
    record Usage(int promptTokens, int cachedTokens, int outputTokens) {
        /** Nothing was reported. */
        static final Usage UNKNOWN = new Usage(-1, -1, -1);
    }

    /**
     * What is believed of an endpoint's cache has changed.
     *
     * @param endpoint whose
     * @param change by what
     * @param tokens of the prompt that it is about; 0 where all is
     */
    record IndexChanged(long nanos, Endpoint endpoint, IndexChange change, long tokens) implements RouterEvent {
        @Override
        public Kind kind() {
            return Kind.INDEX_CHANGED;
        }
    }

    /**
     * What was known of how fast replicas of a class are does not hold any more, or holds again.
     *
     * @param rates of the class
     * @param drifted whether it drifts from now on
     */
    record RatesDrifted(long nanos, ClassRates rates, boolean drifted) implements RouterEvent {
        @Override
        public Kind kind() {
            return Kind.RATES_DRIFTED;
        }
    }

    /** Why what is believed of a cache changed. */
    enum IndexChange {
        /** A request was sent there. */
        ROUTED,
        /** A request ended there, its output included. */
        FINISHED,
        /** A request never ran there. */
        WITHDRAWN,
        /** The engine restarted, slept or was reset. */
        RESET,
        /** The endpoint left. */
        REMOVED
    }
}
