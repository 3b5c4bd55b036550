package io.kvasir.route;

import io.kvasir.cost.Prediction;
import io.kvasir.cost.Work;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.OutlierDetection;
import io.kvasir.pool.PickReason;
import io.kvasir.prefix.PrefixSource;
import io.kvasir.prefix.PrefixUse;
import io.kvasir.request.Request;
import io.kvasir.schedule.Decision;
import io.kvasir.schedule.EndpointScore;
import io.kvasir.traffic.AppliedRules;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The books of one request from its pick to its end. What was counted for it on an endpoint is taken back exactly once,
 * by {@link #finish}; calls after that change nothing. Used by one thread at a time, though calls of {@link #finish} may
 * race with each other.
 */
public final class Booking implements ResponseBooks {
    private static final double MOST_SECONDS = 86_400;
    private static final double MOST_UNSEEN_SECONDS = 3_600;

    private final Router router;
    private final Reading reading;
    private final Request request;
    private final AppliedRules rules;
    private final long namespace;
    private final Decision decision;
    private final int[] cachedTokens;
    private final Work work;
    private final @Nullable PrefixSource[] predictors;
    private final int expectedOutput;
    private final int reservedOutput;
    private final long startNanos;
    private final long id;
    private final AtomicBoolean finished = new AtomicBoolean();

    private List<EndpointScore> scores = List.of();
    private boolean makesStored;
    private Endpoint endpoint;
    private @Nullable Placement placement;
    private RequestTimes.@Nullable Times times;
    private boolean refused;
    private boolean trial;
    private boolean connectReported;
    private boolean elsewhere;
    private int status;
    private @Nullable PrefillLeg prefill;
    private int choice;
    private PrefixUse use = PrefixUse.NONE;
    private int cachedHere;
    private @Nullable PrefixSource predictor;
    private long prefillNanos;
    private boolean placed;
    private boolean prefilling;
    private boolean answering;
    private long lastTokenNanos;
    private int tokens;
    private int completionTokens = -1;
    private RouterEvent.Usage usage = RouterEvent.Usage.UNKNOWN;
    private boolean reported;

    Booking(
            Router router,
            Reading reading,
            Request request,
            AppliedRules rules,
            long namespace,
            Decision decision,
            int[] cachedTokens,
            @Nullable PrefixSource[] predictors,
            Work work,
            long startNanos) {
        this.router = router;
        this.reading = reading;
        this.request = request;
        this.rules = rules;
        this.namespace = namespace;
        this.decision = decision;
        this.cachedTokens = cachedTokens;
        this.work = work;
        expectedOutput = (int) Math.min(Integer.MAX_VALUE, Math.round(work.allOutputTokens()));
        this.predictors = predictors;
        // what a client asks for displaces nothing before it is there
        reservedOutput = (int) Math.min(work.outputTokens(), router.outputs().expected(request, model()));
        this.startNanos = startNanos;
        endpoint = decision.endpoint();
        id = router.events().nextId();
    }

    /** Its number among the events of the router; 0 where nobody listened when it was made. */
    long id() {
        return id;
    }

    /** As it was first made. */
    public Decision decision() {
        return decision;
    }

    /** Every candidate's score; empty where {@link RoutingHints} did not ask for them. */
    public List<EndpointScore> scores() {
        return scores;
    }

    void scored(List<EndpointScore> candidates) {
        scores = candidates;
    }

    /** Whether the engine may keep what it answers, to be asked for by its id. */
    boolean makesStored() {
        return makesStored;
    }

    void makesStored(boolean may) {
        makesStored = may;
    }

    Router router() {
        return router;
    }

    /** With the model finally routed to. */
    public Request request() {
        return request;
    }

    /** What operators' rules said of it. */
    public AppliedRules rules() {
        return rules;
    }

    /** The endpoint now booked: the decision's, or a fallback after {@link #retry}. */
    public Endpoint endpoint() {
        return endpoint;
    }

    /** Predicted service time in s from now to the last token, at most an hour; for books that nobody closes. */
    public double predictedSeconds() {
        var rates = placement().prediction().by().rates();
        var load = endpoint.load();
        double seconds = (prefill == null ? 0 : prefill.predictedSeconds())
                + Math.max(0, load.prefillNanos()) * 1e-9
                + work.outputTokens() * rates.interTokenSeconds(Math.max(1, load.sequences()), load.heldTokens());
        return Math.min(seconds, MOST_UNSEEN_SECONDS);
    }

    /** Counts the request where it was decided to go. */
    void open() {
        var other = decision.prefill();
        if (other != null) {
            prefill = new PrefillLeg(
                    router,
                    reading,
                    request,
                    model(),
                    namespace,
                    other,
                    decision.prefillCachedTokens(),
                    work,
                    decision.endpoint(),
                    cachedTokens[0]);
        }
        place(decision.endpoint(), cachedTokens[0], predictors[0], decision.reason());
    }

    /**
     * Predicted seconds until another endpoint has computed the prompt, where the answer will not show when: it is not
     * streamed. 0 where no such prefill is awaited.
     */
    public double unseenPrefillSeconds() {
        return prefill == null || request.stream() ? 0 : prefill.predictedSeconds();
    }

    /** Predicted seconds until the endpoint has computed the prompt, those before it included; 0 where it has. */
    public double prefillSeconds() {
        return prefilling ? Math.max(0, endpoint.load().prefillNanos()) * 1e-9 : 0;
    }

    /** The prompt is computed, or should be by now, though no token is seen: its work no longer counts. */
    public void prefillOver() {
        if (!finished.get()) {
            releasePrefill();
        }
    }

    /** That time has passed: the prefill's work no longer counts. From any thread. */
    public void prefillDue() {
        if (prefill != null) {
            prefill.due();
        }
    }

    private void endPrefill(boolean ran) {
        if (prefill != null) {
            prefill.end(ran);
        }
    }

    private void place(Endpoint target, int targetCached, @Nullable PrefixSource targetPredictor, PickReason reason) {
        endpoint = target;
        cachedHere = targetCached;
        predictor = targetPredictor;
        trial = target.health().beginTrial(router.nanoTime());
        times = null;
        target.picks().count(reason, prefill == null ? request.promptTokens() : 0);
        long now = router.nanoTime();
        var expected = predict(target, now);
        placement = new Placement(expected, now);
        // what another computes, this one has but one token to add to
        prefillNanos = nanos(
                prefill == null
                        ? expected.prefill()
                        : expected.by()
                                .rates()
                                .prefillSeconds(
                                        1,
                                        Math.max(0, work.promptTokens() - 1),
                                        target.load().heldTokens()));
        target.load().place(work.sequences(), request.promptTokens(), expectedOutput);
        placed = true;
        target.load().placePrefill(work.sequences(), prefillNanos, now);
        prefilling = true;
        use = router.view().routed(namespace, reading.keys(), target.tenancy(), reservedOutput);
        tellPlaced(reason, now);
    }

    private Prediction predict(Endpoint target, long now) {
        var time = router.time();
        return prefill == null
                ? time.predict(target, model(), work, cachedHere, now, router.freshNanos())
                : time.predictPair(prefill.prediction(), target, model(), work, cachedHere);
    }

    /** What was expected where it is booked now, when it was placed there, and what happened. */
    public Placement placement() {
        return Objects.requireNonNull(placement, "not placed yet");
    }

    /** Seconds as ns, at most a day, so that sums stay far from the end of {@code long}. */
    static long nanos(double seconds) {
        return Math.round(1e9 * Math.clamp(seconds, 0, MOST_SECONDS));
    }

    private void release() {
        if (trial) {
            trial = false;
            endpoint.health().endTrial();
        }
        if (placed) {
            placed = false;
            endpoint.load().release(work.sequences(), request.promptTokens(), expectedOutput);
        }
        releasePrefill();
    }

    private void releasePrefill() {
        if (prefilling) {
            prefilling = false;
            endpoint.load().releasePrefill(work.sequences(), prefillNanos, router.nanoTime());
        }
    }

    /**
     * A connection to the endpoint could not be made.
     *
     * @param byRefusal whether it was refused or nobody can be reached there; else it took too long, which may be our fault
     */
    public void connectFailed(boolean byRefusal) {
        connectReported = true;
        if (byRefusal) {
            endpoint.health().connectFailed();
        } else {
            endpoint.health().connectTimedOut();
        }
    }

    /**
     * Books the next fallback of the decision instead, where the endpoint has surely not begun to compute. One that looks
     * dead is passed over unless all do.
     *
     * @return the endpoint now booked; null where no fallback or no retry of the pool's {@link RetryBudget} is left, and
     *     the request is still to be finished
     */
    public @Nullable Endpoint retry(RetryReason reason) {
        if (finished.get()) {
            return null;
        }
        long now = router.nanoTime();
        int next = NextEndpoint.fallback(decision, choice, reason, now);
        if (next < 0 || !router.retries().tryTake(now)) {
            return null;
        }
        choice = next + 1;
        move(decision.fallbacks().get(next), cachedTokens[choice], predictors[choice], reason);
        return endpoint;
    }

    /**
     * Books an endpoint that holds longer requests instead, the least busy one, after the engine said that it cannot hold
     * this one.
     *
     * @param tokens what the engine said that it holds; 0 where it did not say
     * @return the endpoint now booked; null where none is known to hold more, or no retry is left
     */
    public @Nullable Endpoint retryLarger(int tokens) {
        var larger = finished.get() ? null : larger(tokens);
        if (larger == null || !router.retries().tryTake(router.nanoTime())) {
            return null;
        }
        move(larger, 0, null, RetryReason.CONTEXT);
        return larger;
    }

    /** Whether {@link #retryLarger} could find one. */
    public boolean largerExists() {
        return !finished.get() && larger(0) != null;
    }

    private @Nullable Endpoint larger(int tokens) {
        // what an engine keeps is nowhere else
        return decision.reason() == PickReason.HOLDER
                ? null
                : NextEndpoint.larger(router.pool().snapshot(), endpoint, model(), tokens, decision, router.nanoTime());
    }

    private void move(Endpoint target, int targetCached, @Nullable PrefixSource targetPredictor, RetryReason reason) {
        withdraw();
        use = PrefixUse.NONE;
        release();
        endPrefill(false);
        prefill = null;
        status = 0;
        connectReported = false;
        refused = false;
        router.counts().retry(reason);
        place(target, targetCached, targetPredictor, PickReason.RETRY);
    }

    /**
     * Whether the request may be sent to the same endpoint once more, a kept connection having turned out to be closed:
     * takes a retry of the budget.
     */
    public boolean resend() {
        if (finished.get() || !router.retries().tryTake(router.nanoTime())) {
            return false;
        }
        router.counts().retry(RetryReason.STALE_CONNECTION);
        return true;
    }

    /** Another endpoint than the booked one answers: what happens from now on is no evidence of how this one does. */
    public void servedElsewhere() {
        elsewhere = true;
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
        status = httpStatus;
        refused = httpStatus >= 300;
        if (elsewhere) {
            return;
        }
        endpoint.health().answered(router.nanoTime());
        if (prefill != null) {
            prefill.responded(httpStatus);
        }
        switch (Evidence.of(httpStatus)) {
            case PRESSED ->
                endpoint.health().pressed(Math.round(1e9 * Math.max(0, retryAfterSeconds)), router.nanoTime());
            case FAILED -> requestFailed();
            case REFUSED -> OutlierDetection.refused(router.pool().snapshot(), endpoint, model(), router.nanoTime());
            case SERVED, NEUTRAL -> {}
        }
    }

    private void requestFailed() {
        if (elsewhere) {
            return;
        }
        OutlierDetection.failed(router.pool().snapshot(), endpoint, model(), router.nanoTime());
    }

    /** The first content of the answer is there. Later calls change nothing. */
    @Override
    public void firstToken() {
        if (answering || finished.get()) {
            return;
        }
        answering = true;
        long now = router.nanoTime();
        lastTokenNanos = now;
        tokens = 1;
        releasePrefill();
        endPrefill(true);
        times().firstToken().record(now - startNanos);
        placement().token(now);
        if (comparable() && request.stream()) {
            placement().comparedFirst(times().predicted());
        }
    }

    /** More tokens of a streamed answer are there, {@code count} of them at once. */
    @Override
    public void tokens(int count) {
        if (!answering) {
            firstToken();
            return;
        }
        if (count <= 0 || finished.get()) {
            return;
        }
        long now = router.nanoTime();
        times().betweenTokens().record((now - lastTokenNanos) / count, count);
        lastTokenNanos = now;
        placement().token(now);
        tokens += count;
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
        if (finished.get()) {
            return;
        }
        completionTokens = Math.min(completion, Request.MOST_OUTPUT_TOKENS);
        reported = true;
        if (promptTokens > 0 && decision.reason() != PickReason.EARLY) {
            router.tokenSizes().seen(model(), endpoint.names(model()), request, promptTokens);
        }
        int predicted = cachedHere;
        // of a pair nobody says whose cache is meant
        boolean ours = prefill == null;
        router.counts().usage(promptTokens, ours ? cached : -1, predicted, completion);
        if (cached >= 0 && ours && predictor != null) {
            use.observed(predictor, predicted, cached);
        }
        if (router.events().wants(RouterEvent.Kind.ENDED)) {
            usage = new RouterEvent.Usage(promptTokens, ours ? cached : -1, completionTokens);
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
        if (!finished.compareAndSet(false, true)) {
            return;
        }
        switch (outcome) {
            case CONNECT_FAILED -> {
                if (!connectReported) {
                    endpoint.health().connectFailed();
                }
            }
            case UPSTREAM_RESET, FIRST_BYTE_TIMEOUT -> requestFailed();
            case COMPLETED -> served();
            case CLIENT_GONE, EXPIRED -> {
                if (answering) {
                    served();
                }
            }
            case ENDPOINT_LOST, UPSTREAM_ERROR, REFUSED_BY_ENGINE, SHUTDOWN -> {}
        }
        try {
            release();
            // a body that came whole without a word of its length is one event, and says nothing
            int events = request.stream() ? tokens : 0;
            int output = completionTokens >= 0 ? completionTokens : events;
            if (!reported && events > 0) {
                router.counts().unreported(request.promptTokens(), events);
            }
            boolean ran = answering || outcome == Outcome.COMPLETED || outcome == Outcome.EXPIRED;
            endPrefill(ran);
            if (ran) {
                use.finished(output);
                tellIndex(RouterEvent.IndexChange.FINISHED);
            } else {
                withdraw();
            }
            if (timed) {
                timed(output, router.nanoTime());
            }
        } finally {
            router.counts().end(outcome);
            reading.abandon();
            tellEnded(outcome);
        }
    }

    private void withdraw() {
        use.withdrawn();
        tellIndex(RouterEvent.IndexChange.WITHDRAWN);
    }

    private void tellPlaced(PickReason reason, long now) {
        if (router.events().wants(RouterEvent.Kind.PLACED)) {
            router.events()
                    .publish(new RouterEvent.Placed(
                            now, id, endpoint, reason, placement().prediction()));
        }
        tellIndex(RouterEvent.IndexChange.ROUTED);
    }

    private void tellIndex(RouterEvent.IndexChange change) {
        if (router.events().wants(RouterEvent.Kind.INDEX_CHANGED)) {
            router.events()
                    .publish(new RouterEvent.IndexChanged(router.nanoTime(), endpoint, change, request.promptTokens()));
        }
    }

    private void tellEnded(Outcome outcome) {
        var last = placement;
        if (last != null && router.events().wants(RouterEvent.Kind.ENDED)) {
            var seen = reported || !request.stream() ? usage : new RouterEvent.Usage(-1, -1, tokens);
            router.events()
                    .publish(new RouterEvent.Ended(
                            router.nanoTime(),
                            id,
                            endpoint,
                            outcome,
                            last.prediction(),
                            new RouterEvent.Times(startNanos, last.placedNanos(), last.firstNanos()),
                            seen));
        }
    }

    private void timed(int output, long now) {
        times().whole().record(now - startNanos);
        double perSequence = (double) output / Math.max(1, work.sequences());
        if (comparable()) {
            placement().compared(times().predicted(), request.stream(), perSequence, now);
        }
        if (output > 0) {
            router.outputs().seen(request, model(), endpoint.names(model()), (int) Math.max(1, perSequence), now);
        }
    }

    /** Whether what happens tells how good the prediction was: the prompt was known, and it is this endpoint that answers. */
    private boolean comparable() {
        return decision.reason() != PickReason.EARLY && !elsewhere && !refused;
    }

    private void served() {
        if (elsewhere) {
            return;
        }
        if (status == 0 || Evidence.of(status) == Evidence.SERVED) {
            endpoint.health().requestServed(router.nanoTime());
        }
    }

    /** Whether {@link #finish} was called. */
    public boolean finished() {
        return finished.get();
    }

    /** Looked up once there is an answer, which tells whether the model's name is more than a client's. */
    private RequestTimes.Times times() {
        var found = times;
        if (found == null) {
            String model = rules.model() == null ? model() : rules.model();
            found = router.counts().times().of(model, endpoint.hardware().name(), endpoint.names(model), !refused);
            times = found;
        }
        return found;
    }

    private String model() {
        return request.model() == null ? "" : request.model();
    }
}
