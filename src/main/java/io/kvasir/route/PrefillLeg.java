package io.kvasir.route;

import io.kvasir.cost.Prediction;
import io.kvasir.cost.Work;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.OutlierDetection;
import io.kvasir.pool.PickReason;
import io.kvasir.prefix.PrefixUse;
import io.kvasir.request.Request;
import io.kvasir.schedule.Decision;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The books of a prefill that one endpoint does for another: from the pick until its answer begins or cannot come any
 * more. Whatever was counted is taken back exactly once, by {@link #due} or {@link #end}.
 */
final class PrefillLeg {
    private final Router router;
    private final Request request;
    private final Endpoint endpoint;
    private final String model;
    private final Prediction prediction;
    private final PrefillAmounts amounts;
    private final PrefixUse use;
    private final AtomicBoolean working = new AtomicBoolean(true);
    private final boolean trial;
    private boolean over;

    /**
     * Opens the books of the prefill that was decided on.
     *
     * @param work of the whole request
     * @param decodeCachedTokens leading prompt tokens that the endpoint that decodes is believed to hold
     * @return null where the endpoint that decodes prefills itself
     */
    static @Nullable PrefillLeg open(
            Router router, Passage passage, long namespace, Decision decision, Work work, int decodeCachedTokens) {
        var endpoint = decision.prefill();
        return endpoint == null
                ? null
                : new PrefillLeg(router, passage, namespace, decision, endpoint, work, decodeCachedTokens);
    }

    private PrefillLeg(
            Router router,
            Passage passage,
            long namespace,
            Decision decision,
            Endpoint endpoint,
            Work work,
            int decodeCachedTokens) {
        request = passage.request();
        model = request.model() == null ? "" : request.model();
        this.router = router;
        this.endpoint = endpoint;
        long prompt = request.promptTokens();
        long now = router.nanoTime();
        prediction = router.time()
                .predictPrefill(
                        endpoint,
                        decision.endpoint(),
                        model,
                        work,
                        decision.prefillCachedTokens(),
                        decodeCachedTokens,
                        now,
                        router.freshNanos());
        endpoint.picks().count(PickReason.PREFILL, prompt);
        trial = endpoint.health().beginTrial(router.nanoTime());
        var part = prediction.work();
        double cached = prediction.cachedTokens();
        amounts = PrefillAmounts.of(
                prediction.by().rates(), prediction.prefill(), part.uncachedTokens(cached), part.pairs(cached));
        var load = endpoint.load();
        load.came(PrefillAmounts.nanos(router.time().stretchSeconds(endpoint, prediction, now)), now);
        load.place(prompt, 0);
        amounts.place(load, 1, router.nanoTime());
        try {
            use = router.view().routed(namespace, passage.reading().keys(), endpoint.tenancy(), 0);
        } catch (RuntimeException e) {
            release(false);
            endTrial();
            throw e;
        }
    }

    /** The head of the response to the request is there: what it says of the endpoints, it says of this one too. */
    void responded(int httpStatus) {
        if (httpStatus < 400) {
            endpoint.health().requestServed(router.nanoTime());
            end(true);
        } else if (Evidence.of(httpStatus) == Evidence.FAILED) {
            // whose fault it is does not show: the endpoint that is at fault has no successes in between
            OutlierDetection.failed(router.pool().snapshot(), endpoint, model, router.nanoTime());
        }
    }

    /** What is expected of it, as it was when it was placed. */
    Prediction prediction() {
        return prediction;
    }

    /** Predicted seconds until the prompt is computed, those of prefills before it included. */
    double predictedSeconds() {
        return working.get() ? endpoint.load().pendingNanos(router.nanoTime()) * 1e-9 : 0;
    }

    /** The prompt should be computed by now: its work no longer counts. From any thread. */
    void due() {
        release(true);
    }

    /** @param computed whether the prompt is taken to be computed */
    private void release(boolean computed) {
        if (working.compareAndSet(true, false)) {
            var load = endpoint.load();
            load.release(request.promptTokens(), 0);
            amounts.release(load, 1, router.nanoTime());
            if (computed) {
                amounts.computed(load);
            }
            router.admission().freed(endpoint);
        }
    }

    /**
     * It is over. Only the first call counts.
     *
     * @param ran whether the prompt was computed, so that the endpoint holds it
     */
    void end(boolean ran) {
        release(ran);
        if (over) {
            return;
        }
        over = true;
        endTrial();
        if (ran) {
            use.finished(0);
        } else {
            use.withdrawn();
        }
    }

    private void endTrial() {
        if (trial) {
            endpoint.health().endTrial();
        }
    }
}
