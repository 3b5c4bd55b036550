package io.kvasir.route;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.OutlierDetection;
import io.kvasir.pool.PickReason;
import io.kvasir.request.PromptCounts;
import io.kvasir.schedule.Decision;
import java.util.List;

/**
 * The books of media that other endpoints encode for one: from the pick until its answer begins or cannot come any more.
 * Whatever was counted is taken back exactly once.
 */
final class EncodeLeg {
    private final Router router;
    private final String model;
    private final List<Endpoint> endpoints;
    private final long tokens;
    private boolean working = true;

    private EncodeLeg(Router router, String model, List<Endpoint> endpoints, long tokens) {
        this.router = router;
        this.model = model;
        this.endpoints = endpoints;
        this.tokens = tokens;
    }

    /** Opens the books at those that were decided on, each with its share of the media; at nobody where none were. */
    static EncodeLeg open(Router router, Passage passage, Decision decision) {
        var request = passage.request();
        var endpoints = decision.encoders();
        long all = (long) PromptCounts.MEDIA_TOKENS * request.prompt().mediaParts();
        long tokens = endpoints.isEmpty() ? 0 : all / endpoints.size();
        for (var endpoint : endpoints) {
            endpoint.picks().count(PickReason.ENCODE, tokens);
            endpoint.load().place(0, tokens, 0);
        }
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
        for (var endpoint : endpoints) {
            endpoint.load().release(0, tokens, 0);
        }
    }
}
