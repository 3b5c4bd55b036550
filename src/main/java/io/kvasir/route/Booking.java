package io.kvasir.route;

import io.kvasir.cost.Work;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.PickReason;
import io.kvasir.prefix.PrefixSource;
import io.kvasir.request.Request;
import io.kvasir.schedule.Decision;
import io.kvasir.schedule.EndpointScore;
import io.kvasir.traffic.AppliedRules;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The books of one request from its pick to its end. What was counted for it on an endpoint is taken back exactly once,
 * by {@link #finish}; calls after that change nothing. Used by one thread at a time, while {@link #finish} and
 * {@link #prefillDue} may be called by any (see {@link Turn}).
 */
public final class Booking implements ResponseBooks {
    private static final double MOST_UNSEEN_SECONDS = 3_600;

    private final Router router;
    private final Passage passage;
    private final long namespace;
    private final Decision decision;
    private final List<EndpointScore> scores;
    private final boolean makesStored;
    private final Work work;
    private final Turn turn = new Turn();
    private final AnswerBooks answer;
    private final RetryChoice again;
    private final BookingEvents events;
    private final Eviction eviction;
    private boolean opened;
    private @Nullable PrefillLeg prefill;
    private @Nullable EncodeLeg encode;
    private PlacedWork placed;
    private EndpointEvidence evidence;

    /** {@link #open} is still to be called. */
    Booking(
            Router router,
            Passage passage,
            long namespace,
            Decision decision,
            List<EndpointScore> scores,
            boolean makesStored,
            int[] cachedTokens,
            @Nullable PrefixSource[] predictors,
            Work work,
            long startNanos) {
        this.router = router;
        this.passage = passage;
        this.namespace = namespace;
        this.decision = decision;
        this.scores = scores;
        this.makesStored = makesStored;
        this.work = work;
        answer = new AnswerBooks(router, passage, decision, startNanos);
        again = new RetryChoice(router, decision, cachedTokens, predictors);
        events = new BookingEvents(router, passage, startNanos);
        eviction = new Eviction(router, this, passage.waiter());
        placed = workAt(decision.endpoint(), cachedTokens[0], predictors[0]);
        evidence = new EndpointEvidence(router, decision.endpoint(), model());
    }

    private PlacedWork workAt(Endpoint target, int cached, @Nullable PrefixSource predictor) {
        return new PlacedWork(
                router, passage.reading(), request(), model(), namespace, target, cached, predictor, work);
    }

    /** Counts the request where it was decided to go; where that fails, nothing of it stays. */
    void open() {
        try {
            encode = EncodeLeg.open(router, passage, decision);
            prefill = PrefillLeg.open(router, passage, namespace, decision, work, placed.cachedTokens());
            place(decision.reason());
            opened = true;
        } catch (RuntimeException e) {
            finish(Outcome.SHUTDOWN);
            throw e;
        }
    }

    private void place(PickReason reason) {
        endpoint().picks().count(reason, prefill == null ? request().promptTokens() : 0);
        placed.place(prefill == null ? null : prefill.prediction());
        events.placed(placed, reason);
        eviction.placed();
        router.admission().booked(passage.stay(), endpoint(), placed.uncachedTokens(), eviction);
    }

    /** Its number among the events of the router; 0 where nobody listened when it was made. */
    long id() {
        return events.id();
    }

    BookingEvents events() {
        return events;
    }

    /** The trace that follows the request; null where none does. */
    public @Nullable RequestTrace trace() {
        return passage.hints().trace();
    }

    /** As it was first made. */
    public Decision decision() {
        return decision;
    }

    /** Every candidate's score; empty where {@link RoutingHints} did not ask for them. */
    public List<EndpointScore> scores() {
        return scores;
    }

    /** Whether the engine may keep what it answers, to be asked for by its id. */
    boolean makesStored() {
        return makesStored;
    }

    Router router() {
        return router;
    }

    /** With the model finally routed to. */
    public Request request() {
        return passage.request();
    }

    /** What operators' rules said of it. */
    public AppliedRules rules() {
        return passage.rules();
    }

    /** The endpoint now booked: the decision's, or a fallback after {@link #retry}. */
    public Endpoint endpoint() {
        return placed.endpoint();
    }

    /** What was expected where it is booked now, when it was placed there, and what happened. */
    public Placement placement() {
        return placed.placement();
    }

    /** Predicted service time in s from now to the last token, at most an hour; for books that nobody closes. */
    public double predictedSeconds() {
        double seconds = (prefill == null ? 0 : prefill.predictedSeconds()) + placed.predictedSeconds();
        return Math.min(seconds, MOST_UNSEEN_SECONDS);
    }

    /**
     * Predicted seconds until another endpoint has computed the prompt, where the answer will not show when: it is not
     * streamed. 0 where no such prefill is awaited.
     */
    public double unseenPrefillSeconds() {
        return prefill == null || request().stream() ? 0 : prefill.predictedSeconds();
    }

    /** Predicted seconds until the endpoint has computed the prompt, those before it included; 0 where it has. */
    public double prefillSeconds() {
        return placed.prefillSeconds();
    }

    /** The prompt is computed, or should be by now, though no token is seen: its work no longer counts. */
    public void prefillOver() {
        if (turn.change()) {
            try {
                placed.prefillOver();
            } finally {
                changed();
            }
        }
    }

    /** That time has passed: the prefill's work no longer counts. From any thread. */
    public void prefillDue() {
        var leg = prefill;
        if (leg != null) {
            leg.due();
        }
    }

    private void endPrefill(boolean ran) {
        if (encode != null) {
            encode.end();
        }
        if (prefill != null) {
            prefill.end(ran);
        }
    }

    private void release() {
        evidence.endTrial();
        placed.release();
    }

    /**
     * A connection to the endpoint could not be made.
     *
     * @param byRefusal whether it was refused or nobody can be reached there; else it took too long, which may be our fault
     */
    public void connectFailed(boolean byRefusal) {
        evidence.connectFailed(byRefusal);
    }

    /**
     * Books the next fallback of the decision instead, where the endpoint has surely not begun to compute. One that looks
     * dead is passed over unless all do.
     *
     * @return the endpoint now booked; null where no fallback or no retry of the pool's {@link RetryBudget} is left, and
     *     the request is still to be finished
     */
    public @Nullable Endpoint retry(RetryReason reason) {
        if (!turn.change()) {
            return null;
        }
        Endpoint target;
        try {
            target = again.fallback(reason);
            if (target != null) {
                move(target, again.cachedTokens(), again.predictor(), reason);
            }
        } finally {
            changed();
        }
        return turn.ended() ? null : target;
    }

    /**
     * Books an endpoint that holds longer requests instead, the least busy one, after the engine said that it cannot hold
     * this one.
     *
     * @param tokens what the engine said that it holds; 0 where it did not say
     * @return the endpoint now booked; null where none is known to hold more, or no retry is left
     */
    public @Nullable Endpoint retryLarger(int tokens) {
        if (!turn.change()) {
            return null;
        }
        Endpoint larger;
        try {
            larger = again.larger(endpoint(), model(), tokens);
            if (larger == null || !router.retries().tryTake(router.nanoTime())) {
                return null;
            }
            move(larger, 0, null, RetryReason.CONTEXT);
        } finally {
            changed();
        }
        return turn.ended() ? null : larger;
    }

    /** Whether {@link #retryLarger} could find one. */
    public boolean largerExists() {
        return !turn.ended() && again.larger(endpoint(), model(), 0) != null;
    }

    private void move(Endpoint target, int targetCached, @Nullable PrefixSource predictor, RetryReason reason) {
        withdraw();
        release();
        endPrefill(false);
        prefill = null;
        encode = null;
        answer.moved();
        router.counts().retry(reason);
        placed = workAt(target, targetCached, predictor);
        evidence = new EndpointEvidence(router, target, model());
        place(PickReason.RETRY);
    }

    /**
     * Whether the request may be sent to the same endpoint once more, a kept connection having turned out to be closed:
     * takes a retry of the budget.
     */
    public boolean resend() {
        if (turn.ended() || !router.retries().tryTake(router.nanoTime())) {
            return false;
        }
        router.counts().retry(RetryReason.STALE_CONNECTION);
        return true;
    }

    /** Another endpoint than the booked one answers: what happens from now on is no evidence of how this one does. */
    public void servedElsewhere() {
        evidence.servedElsewhere();
    }

    /** The head of the response is there, which says nothing of when to try again. */
    public void responseStarted(int httpStatus) {
        responseStarted(httpStatus, 0);
    }

    /**
     * The head of the response is there.
     *
     * @param retryAfterSeconds how long the endpoint asked to be left alone, 0 where it did not say
     */
    public void responseStarted(int httpStatus, double retryAfterSeconds) {
        if (evidence.responseStarted(httpStatus, retryAfterSeconds) && turn.change()) {
            try {
                if (encode != null) {
                    encode.responded(httpStatus);
                }
                if (prefill != null) {
                    prefill.responded(httpStatus);
                }
            } finally {
                changed();
            }
        }
    }

    /** The first content of the answer is there. Later calls change nothing. */
    @Override
    public void firstToken() {
        if (answer.begun() || !turn.change()) {
            return;
        }
        try {
            placed.prefillOver();
            endPrefill(true);
            answer.firstToken(placed, evidence);
        } finally {
            changed();
        }
    }

    /** More tokens of a streamed answer are there, {@code count} of them at once. */
    @Override
    public void tokens(int count) {
        if (!answer.begun()) {
            firstToken();
        } else if (count > 0 && !turn.ended()) {
            answer.tokens(count, placed, evidence);
        }
    }

    /**
     * More tokens of a streamed answer came one by one, and are told of late: as {@link #tokens(int)} of each of them in turn at
     * its time, where nothing else was told since.
     *
     * @param atNanos when, in ns of the router's clock
     * @param from the first that is told of
     * @param until behind the last
     */
    public void tokens(long[] atNanos, int from, int until) {
        if (from < until && answer.begun() && !turn.ended()) {
            answer.tokens(atNanos, from, until, placed, evidence);
        }
    }

    /** Tokens that may be told of late: with that many more than were told, one may say something of its endpoint. */
    public int quietTokens() {
        return placed.observation().quietEvents();
    }

    /** Time in ns of the router's clock before which no token says anything of its endpoint. */
    public long quietUntilNanos() {
        return placed.observation().quietUntilNanos();
    }

    /** The client takes no more for now, so that its endpoint has to wait: when tokens come says nothing any longer. */
    public void clientBehind() {
        placed.observation().clientBehind();
    }

    /**
     * What the engine reported.
     *
     * @param promptTokens tokens of the prompt; -1 where it does not say, as for the others
     * @param cached tokens of the prompt found in the cache
     * @param completion tokens of the answer
     */
    @Override
    public void usage(int promptTokens, int cached, int completion) {
        if (!turn.ended()) {
            answer.usage(promptTokens, cached, completion, placed, prefill != null);
        }
    }

    @Override
    public void size(long bytes) {
        if (!turn.ended()) {
            answer.size(bytes);
        }
    }

    /** It was answered in full, nobody knows when. */
    public void completeUnseen() {
        finish(Outcome.COMPLETED, false);
    }

    /** The request is over. Only the first call counts. */
    public void finish(Outcome outcome) {
        finish(outcome, outcome == Outcome.COMPLETED);
    }

    private void finish(Outcome outcome, boolean timed) {
        var ending = new Turn.Ending(outcome, timed);
        if (turn.end(ending)) {
            carryOut(ending);
        }
    }

    /** What was begun by {@link Turn#change} is made. */
    private void changed() {
        var ending = turn.changed();
        if (ending != null) {
            carryOut(ending);
        }
    }

    private void carryOut(Turn.Ending ending) {
        var outcome = ending.outcome();
        try {
            evidence.ended(outcome, answer.begun());
        } finally {
            takeBack(ending);
        }
    }

    private void takeBack(Turn.Ending ending) {
        var outcome = ending.outcome();
        boolean ran = answer.begun() || outcome == Outcome.COMPLETED || outcome == Outcome.EXPIRED;
        try {
            // before it is gone from where it was: who sees that it is has it counted, too
            count(outcome, ran);
        } finally {
            release(ending, ran);
        }
    }

    private void count(Outcome outcome, boolean ran) {
        router.counts().end(outcome);
        answer.ended();
        if (ran) {
            answer.took(placed);
        }
    }

    private void release(Turn.Ending ending, boolean ran) {
        try {
            release();
            endPrefill(ran);
            if (ran) {
                placed.ran(answer.output());
                events.indexChanged(placed, RouterEvent.IndexChange.FINISHED);
            } else {
                withdraw();
            }
            if (ending.timed()) {
                answer.complete(placed, evidence);
            }
        } finally {
            // what was never opened leaves the reading to who failed to: given back twice it would be another's the
            // second time
            if (opened) {
                passage.reading().abandon();
                events.ended(placed, ending.outcome(), answer.usage(), answer.size());
                long computed = ran ? answer.computed(placed.uncachedTokens()) : 0;
                router.admission().ended(passage.stay(), endpoint(), computed, answer.output());
            }
        }
    }

    private void withdraw() {
        placed.withdraw();
        events.indexChanged(placed, RouterEvent.IndexChange.WITHDRAWN);
    }

    /** Whether content of the answer was seen; from any thread. */
    boolean begun() {
        return answer.begun();
    }

    /** Whether {@link #finish} was called. */
    public boolean finished() {
        return turn.ended();
    }

    String model() {
        return request().model() == null ? "" : request().model();
    }
}
