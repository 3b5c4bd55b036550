package io.kvasir.route;

import io.kvasir.cost.Prediction;
import io.kvasir.cost.Work;
import io.kvasir.pool.Endpoint;
import io.kvasir.prefix.PrefixSource;
import io.kvasir.prefix.PrefixUse;
import io.kvasir.request.Request;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What one request counts for at the endpoint that it was placed on, each amount taken back once: its tokens, its prefill
 * and its place among what the endpoint is believed to hold.
 */
final class PlacedWork {
    private final Router router;
    private final Reading reading;
    private final Request request;
    private final long namespace;
    private final String model;
    private final Endpoint endpoint;
    private final int cachedTokens;
    private final @Nullable PrefixSource predictor;
    private final Work work;
    private final int expectedOutput;
    private final int reservedOutput;
    private @Nullable Placement placement;
    private @Nullable RateObservation observation;
    private PrefillAmounts prefill = PrefillAmounts.NONE;
    private PrefixUse use = PrefixUse.NONE;
    private io.kvasir.prefix.@Nullable Prediction outcome;
    private boolean held;
    private boolean prefilling;

    /**
     * Nothing is counted yet.
     *
     * @param cachedTokens leading prompt tokens that the endpoint is believed to hold
     * @param predictor what that belief rests on; null where there is none
     */
    PlacedWork(
            Router router,
            Reading reading,
            Request request,
            String model,
            long namespace,
            Endpoint endpoint,
            int cachedTokens,
            @Nullable PrefixSource predictor,
            Work work) {
        this.router = router;
        this.reading = reading;
        this.request = request;
        this.model = model;
        this.namespace = namespace;
        this.endpoint = endpoint;
        this.cachedTokens = cachedTokens;
        this.predictor = predictor;
        this.work = work;
        expectedOutput = (int) Math.min(Integer.MAX_VALUE, Math.round(work.allOutputTokens()));
        // what a client asks for displaces nothing before it is there
        reservedOutput = (int) Math.min(work.outputTokens(), router.outputs().expected(request, model));
    }

    /**
     * Counts the request.
     *
     * @param elsewhere what is expected of another endpoint that computes the prompt; null where this one does
     */
    void place(@Nullable Prediction elsewhere) {
        var load = endpoint.load();
        long now = router.nanoTime();
        var time = router.time();
        var expected = elsewhere == null
                ? time.predict(endpoint, model, work, cachedTokens, now, router.freshNanos())
                : time.predictPair(elsewhere, endpoint, model, work, cachedTokens, now);
        placement = new Placement(expected, now);
        observation = new RateObservation(endpoint, expected, elsewhere == null, now);
        // what another computes, this one has but one token to add to
        double before = Math.max(0, work.promptTokens() - 1);
        var rates = expected.by().rates();
        prefill = elsewhere == null
                ? PrefillAmounts.of(
                        rates, expected.prefill(), work.uncachedTokens(cachedTokens), work.pairs(cachedTokens))
                : PrefillAmounts.of(
                        rates,
                        endpoint.pace().factor(now) * rates.prefillSeconds(1, before, load.heldTokens()),
                        1,
                        before);
        load.came(elsewhere == null ? PrefillAmounts.nanos(time.stretchSeconds(endpoint, expected, now)) : 0, now);
        load.place(work.sequences(), request.promptTokens(), expectedOutput);
        held = true;
        prefill.place(load, work.sequences(), now);
        if (unseen()) {
            load.placeUnseen(work.sequences(), prefill.nanos(), now);
        }
        prefilling = true;
        use = router.view().routed(namespace, reading.keys(), endpoint.tenancy(), reservedOutput);
    }

    /** Whether its first token will not show; where nothing is generated, the answer itself tells of the prompt. */
    private boolean unseen() {
        return !request.stream() && work.sequences() > 0;
    }

    /** Whether it was placed, so that there is a {@link #placement}. */
    boolean isPlaced() {
        return placement != null;
    }

    /** What was expected here, when the request was placed, and what happened. */
    Placement placement() {
        return Objects.requireNonNull(placement, "not placed yet");
    }

    /** What shows of how fast the endpoint is; there once it was placed. */
    RateObservation observation() {
        return Objects.requireNonNull(observation, "not placed yet");
    }

    Endpoint endpoint() {
        return endpoint;
    }

    /** Sequences that the request decodes. */
    int sequences() {
        return work.sequences();
    }

    /** Leading prompt tokens that the endpoint was believed to hold. */
    int cachedTokens() {
        return cachedTokens;
    }

    /** Whether somebody looked at what the endpoint holds; policies that know of no caches do not. */
    boolean foretold() {
        return predictor != null;
    }

    /** Prompt tokens that the endpoint is believed not to hold. */
    long uncachedTokens() {
        return Math.max(0, request.promptTokens() - cachedTokens);
    }

    /** Predicted seconds from now to the last token, as busy as the endpoint is now. */
    double predictedSeconds() {
        var load = endpoint.load();
        long now = router.nanoTime();
        return load.pendingNanos(now) * 1e-9
                + endpoint.pace().factor(now)
                        * work.outputTokens()
                        * placement()
                                .prediction()
                                .by()
                                .rates()
                                .interTokenSeconds(Math.max(1, load.sequences()), load.heldTokens());
    }

    /** Predicted seconds until the prompt is computed, those before it included; 0 where it is. */
    double prefillSeconds() {
        return prefilling ? endpoint.load().pendingNanos(router.nanoTime()) * 1e-9 : 0;
    }

    /** The prompt is computed. */
    void prefillOver() {
        if (releasePrefill()) {
            prefill.computed(endpoint.load());
            router.admission().freed(endpoint);
        }
    }

    private boolean releasePrefill() {
        if (!prefilling) {
            return false;
        }
        prefilling = false;
        prefill.release(endpoint.load(), work.sequences(), router.nanoTime());
        if (unseen()) {
            endpoint.load().releaseUnseen(work.sequences(), prefill.nanos());
        }
        return true;
    }

    /** Takes back what it counts for as work. */
    void release() {
        releasePrefill();
        if (held) {
            held = false;
            endpoint.load().release(work.sequences(), request.promptTokens(), expectedOutput);
            router.admission().freed(endpoint);
        }
    }

    /** The endpoint ran it, and holds its prompt and that much output. */
    void ran(int output) {
        use.finished(output);
    }

    /** The engine told how many prompt tokens it had in its cache. */
    void observed(int cached) {
        if (predictor != null) {
            outcome = use.observed(predictor, cachedTokens, cached);
        }
    }

    /** What it was believed to find in the cache, and how that compares with what it found. */
    Reuse reuse() {
        return new Reuse(predictor, cachedTokens, outcome);
    }

    /** The endpoint did not run it. */
    void withdraw() {
        use.withdrawn();
        use = PrefixUse.NONE;
    }
}
