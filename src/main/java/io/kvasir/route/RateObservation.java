package io.kvasir.route;

import io.kvasir.cost.ClassRates;
import io.kvasir.cost.Decoding;
import io.kvasir.cost.Prediction;
import io.kvasir.cost.TimeModel;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointLoad;

/**
 * What the stream of one request shows of how fast the endpoint is that it was placed on: told to the rates of its class,
 * and to the pace of the replica once that class is settled. Used by one thread at a time. What is taken for evidence, and
 * what is not, stands in docs/time-model.md, "Learning".
 */
final class RateObservation {
    /** Events and seconds that a stretch of a stream has at least. */
    private static final int STRETCH_EVENTS = 16;

    private static final double STRETCH_SECONDS = 0.2;

    /** Tokens of an answer, and events that they came by, that tell how far apart they are. */
    private static final int FEWEST_TOKENS = 8;

    /** What a stretch tells less where all of its steps took chunks of prompts: which step had how much is not known. */
    private static final double OF_MIXED = 0.75;

    /** Prefills ahead count as evidence up to so many times the request's own. */
    private static final double MOST_TIMES = 4;

    /** No prefill took less than that share of what was expected, without what was left of the step before it. */
    private static final double LEAST_OF_OWN = 0.1;

    private static final double BEHIND_OTHERS = 0.15;
    private static final double BESIDE_OTHERS = 0.5;
    private static final double OF_PACE = 0.5;

    /** A metrics page older than this says nothing of who decodes along. */
    private static final long FRESH_NANOS = 2_000_000_000L;

    private final Endpoint endpoint;
    private final Prediction expected;
    private final boolean prefills;
    private final long placedNanos;
    private final double pace;
    private final double context;
    private final double stepLeft;
    private final long ahead;
    private final long computedBefore;
    private double firstSeconds = Double.NaN;
    private double times;
    private double trust;
    private boolean undisturbed;
    private final Mark first = new Mark();
    private final Mark last = new Mark();
    private int events;
    private boolean clientBehind;
    /** Sequences and tokens held, times seconds, from the first token to the last mark. */
    private double sequenceSeconds;

    private double heldSeconds;

    /** The state of an endpoint's books at a moment. */
    private static final class Mark {
        long nanos;
        long computed;
        double steps;
        double tokens;
        double pairs;
        double sequences;
        double held;
    }

    /**
     * A request is about to be placed, and not in the books yet.
     *
     * @param prefills whether this endpoint computes the prompt
     */
    RateObservation(Endpoint endpoint, Prediction expected, boolean prefills, long nowNanos) {
        this.endpoint = endpoint;
        this.expected = expected;
        this.prefills = prefills;
        placedNanos = nowNanos;
        pace = endpoint.pace().factor(nowNanos);
        var load = endpoint.load();
        context = load.heldWithOthers();
        ahead = Math.round(load.pendingPrefills(nowNanos));
        stepLeft = TimeModel.stepLeftSeconds(endpoint, expected.by().rates(), nowNanos);
        computedBefore = load.prefilledNanos();
    }

    /** @param gone sequences of the request that are no longer in the books */
    private void mark(Mark mark, long nowNanos, int gone) {
        EndpointLoad load = endpoint.load();
        mark.nanos = nowNanos;
        mark.computed = load.prefilledNanos();
        double share = load.computedShare(nowNanos);
        mark.steps = load.prefillSteps(share);
        mark.tokens = load.prefilledTokens(share);
        mark.pairs = load.prefilledPairs(share);
        double own = load.sequences() + gone;
        var stats = endpoint.stats();
        double told = stats.ageNanos(nowNanos) <= FRESH_NANOS ? stats.running() - load.pendingPrefills(nowNanos) : -1;
        mark.sequences = Math.max(1, Math.max(told, load.decoding(nowNanos) + gone));
        mark.held = own > 0 ? (load.heldTokens() + gone * expected.work().attendedTokens()) * mark.sequences / own : 0;
    }

    /** The first token is here, and the prefill is over in the books. */
    void firstToken(long nowNanos) {
        mark(first, nowNanos, 0);
        mark(last, nowNanos, 0);
        if (!prefills || expected.work().prompts() > 1) {
            return;
        }
        firstSeconds = (nowNanos - placedNanos) * 1e-9;
        double own = expected.prefill();
        double computed = (first.computed - computedBefore) * 1e-9;
        if (ahead == 0 && expected.waiting() <= stepLeft * 1.001 && computed <= own * 1.001) {
            // when the step under way ended is not known
            double certain = own / (own + stepLeft);
            firstSeconds = Math.max(own * LEAST_OF_OWN, firstSeconds - stepLeft);
            times = 1;
            trust = certain * (endpoint.load().pendingPrefills(nowNanos) > 0 ? BESIDE_OTHERS : 1);
            undisturbed = true;
            // what is believed to be held may be gone: the end may tell
            if (expected.cachedTokens() <= 0) {
                paced(own / pace, nowNanos);
            }
        } else {
            times = Math.max(1, computed / own);
            trust = times > MOST_TIMES || ahead == 0 ? 0 : BEHIND_OTHERS;
        }
    }

    private void paced(double usualSeconds, long nowNanos) {
        if (expected.by().settled()) {
            endpoint.pace().observed(firstSeconds / usualSeconds, OF_PACE * trust, nowNanos);
        }
    }

    /** It waits for its client from now on. */
    void clientBehind() {
        clientBehind = true;
    }

    /** So many more events of the stream came. */
    void events(int count, long nowNanos) {
        events += count;
        // asked first, as that is all that most events need to look at: this is called for each
        if (events < STRETCH_EVENTS
                || first.nanos == 0
                || clientBehind
                || (nowNanos - last.nanos) * 1e-9 < STRETCH_SECONDS
                || expected.work().sequences() != 1) {
            return;
        }
        var by = expected.by();
        double tokens = events * by.tokensPerEvent();
        events = 0;
        var from = new Mark();
        copy(last, from);
        mark(last, nowNanos, 0);
        count(from, last);
        var stretch = stretch(from, last, tokens, between(from, last), held(from, last));
        if (by.settled() && tokens >= FEWEST_TOKENS / 2.0) {
            double trust = OF_PACE * (1 - OF_MIXED * stretch.mixedShare());
            endpoint.pace().observed(seconds(from, last) / by.rates().decodingSeconds(stretch), trust, nowNanos);
        }
    }

    /** Events without which none says anything; more than there can be where none will. */
    int quietEvents() {
        return first.nanos == 0 || clientBehind || expected.work().sequences() != 1
                ? Integer.MAX_VALUE
                : Math.max(1, STRETCH_EVENTS - events);
    }

    /** Time before which none says anything. */
    long quietUntilNanos() {
        // one less, for what is lost where seconds are compared
        return last.nanos + (long) (STRETCH_SECONDS * 1e9) - 1;
    }

    private static void copy(Mark from, Mark to) {
        to.nanos = from.nanos;
        to.computed = from.computed;
        to.steps = from.steps;
        to.tokens = from.tokens;
        to.pairs = from.pairs;
        to.sequences = from.sequences;
        to.held = from.held;
    }

    private static double seconds(Mark from, Mark to) {
        return (to.nanos - from.nanos) * 1e-9;
    }

    private void count(Mark from, Mark to) {
        sequenceSeconds += between(from, to) * seconds(from, to);
        heldSeconds += held(from, to) * seconds(from, to);
    }

    private static double between(Mark from, Mark to) {
        return (from.sequences + to.sequences) / 2;
    }

    private static double held(Mark from, Mark to) {
        return (from.held + to.held) / 2;
    }

    private static Decoding stretch(Mark from, Mark to, double tokens, double sequences, double held) {
        // what was taken for computed of a long line may turn out to be less
        return new Decoding(
                tokens,
                sequences,
                held,
                Math.max(0, to.steps - from.steps),
                Math.max(0, to.tokens - from.tokens),
                Math.max(0, to.pairs - from.pairs));
    }

    /** Whether it came as it was made: not collected to the end, nor thought of for long before anything was told. */
    private boolean shown(double tokens, int seen) {
        var by = expected.by();
        double usual = by.tokensPerEvent();
        if (expected.work().sequences() == 1 && Math.min(tokens, seen) >= FEWEST_TOKENS) {
            // the first event has one wherever the others have more
            by.streamed(tokens - 1, seen - 1);
        }
        // the last token may be one that ends it, and is not shown
        return 2 * seen >= Math.min(tokens, FEWEST_TOKENS) && tokens <= ClassRates.HIDDEN * usual * seen;
    }

    /**
     * It was answered in full.
     *
     * @param prompt tokens of the prompt as the engine said, -1 where it did not
     * @param computed those that were not in its cache; -1 where it did not say
     * @param tokens of the answer's one sequence
     * @param seen events of the stream
     * @param nowNanos when
     */
    void complete(long prompt, long computed, double tokens, int seen, long nowNanos) {
        if (first.nanos == 0) {
            return;
        }
        var by = expected.by();
        if (!shown(tokens, seen)) {
            return;
        }
        if (trust > 0 && !Double.isNaN(firstSeconds)) {
            boolean told = computed >= 0;
            double uncached = told ? computed : expected.work().uncachedTokens(expected.cachedTokens());
            double cached = told ? prompt - computed : expected.cachedTokens();
            if (told && undisturbed && expected.cachedTokens() > 0) {
                paced(by.rates().prefillSeconds(uncached, cached, context), nowNanos);
            }
            by.prefilled(firstSeconds / pace, times, 1, uncached, cached, context, told ? trust : trust / 2);
        }
        if (clientBehind || expected.work().sequences() != 1 || Math.min(tokens, seen) < FEWEST_TOKENS) {
            return;
        }
        var end = new Mark();
        mark(end, nowNanos, 1);
        count(last, end);
        double seconds = seconds(first, end);
        if (seconds > 0) {
            var stretch = stretch(first, end, tokens - 1, sequenceSeconds / seconds, heldSeconds / seconds);
            double trust = 1 - OF_MIXED * stretch.mixedShare();
            by.decoded(seconds / endpoint.pace().factor(nowNanos), stretch, trust);
        }
    }
}
