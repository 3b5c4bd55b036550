package io.kvasir.route;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.OutlierDetection;
import io.kvasir.pool.PickReason;
import io.kvasir.request.PromptCounts;
import io.kvasir.schedule.Decision;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The books of media that other endpoints encode for one: from the pick until its answer begins or cannot come any more.
 * Whatever was counted is taken back exactly once.
 */
final class EncodeLeg {
    private final Router router;
    private final String model;
    private final List<Endpoint> endpoints;
    private final long tokens;
    /** Whether what happens at each shows how it does. */
    private final boolean[] trials;

    private boolean working = true;

    private EncodeLeg(Router router, String model, List<Endpoint> endpoints, long tokens) {
        this.router = router;
        this.model = model;
        this.endpoints = endpoints;
        this.tokens = tokens;
        trials = new boolean[endpoints.size()];
        for (int i = 0; i < trials.length; i++) {
            var endpoint = endpoints.get(i);
            endpoint.picks().count(PickReason.ENCODE, tokens);
            trials[i] = endpoint.health().beginTrial(router.nanoTime());
            endpoint.load().place(0, tokens, 0);
        }
    }

    /** Opens the books at those that were decided on, each with its share of the media; null where none were. */
    static @Nullable EncodeLeg open(Router router, Passage passage, Decision decision) {
        var request = passage.request();
        var endpoints = decision.encoders();
        if (endpoints.isEmpty()) {
            return null;
        }
        long all = (long) PromptCounts.MEDIA_TOKENS * request.prompt().mediaParts();
        long tokens = all / endpoints.size();
        return new EncodeLeg(router, request.model() == null ? "" : request.model(), endpoints, tokens);
    }

    /** The head of the response to the request is there: what it says of the endpoints, it says of these too. */
    void responded(int httpStatus) {
        long now = router.nanoTime();
        for (var endpoint : endpoints) {
            if (httpStatus < 400) {
                endpoint.health().requestServed(now);
            } else if (Evidence.of(httpStatus) == Evidence.FAILED) {
                OutlierDetection.failed(router.pool().snapshot(), endpoint, model, now);
            }
        }
        end();
    }

    /** It is over. Only the first call counts. */
    void end() {
        if (!working) {
            return;
        }
        working = false;
        for (int i = 0; i < trials.length; i++) {
            var endpoint = endpoints.get(i);
            endpoint.load().release(0, tokens, 0);
            if (trials[i]) {
                endpoint.health().endTrial();
            }
            router.admission().freed(endpoint);
        }
    }
}
