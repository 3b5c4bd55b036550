package io.kvasir.route;

import io.kvasir.failure.ContainedFailures;
import io.kvasir.pool.Endpoint;
import io.kvasir.schedule.Decision;
import java.util.function.Consumer;

/** Asks for newer metrics pages of endpoints that a decision prefers: often it is just an old page that makes them look idle. */
final class AgeingPages {
    private final Consumer<Endpoint> ageing;
    private final long refreshNanos;
    private final ContainedFailures failures;

    /**
     * @param ageing told of each endpoint whose page is old; to read a newer one soon
     * @param refreshNanos age in ns from which a page is old
     */
    AgeingPages(Consumer<Endpoint> ageing, long refreshNanos, ContainedFailures failures) {
        this.ageing = ageing;
        this.refreshNanos = refreshNanos;
        this.failures = failures;
    }

    void refresh(Decision decision, long now) {
        refresh(decision.endpoint(), now);
        for (var fallback : decision.fallbacks()) {
            refresh(fallback, now);
        }
        if (decision.prefill() != null) {
            refresh(decision.prefill(), now);
        }
        for (var encoder : decision.encoders()) {
            refresh(encoder, now);
        }
    }

    private void refresh(Endpoint endpoint, long now) {
        if (endpoint.stats().ageNanos(now) > refreshNanos) {
            try {
                ageing.accept(endpoint);
            } catch (RuntimeException e) {
                failures.failed(e);
            }
        }
    }
}
