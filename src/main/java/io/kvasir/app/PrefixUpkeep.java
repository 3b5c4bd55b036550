package io.kvasir.app;

import static java.util.stream.Collectors.toSet;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EngineStats;
import io.kvasir.pool.Pool;
import io.kvasir.pool.PoolListener;
import io.kvasir.pool.Replica;
import io.kvasir.prefix.PrefixView;
import io.kvasir.route.RouterEvent;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * Keeps what is believed of endpoints' caches in step with what they tell: their capacity, their restarts (a counter of
 * the engine went back) and their sleep, both of which empty a cache.
 */
final class PrefixUpkeep implements PoolListener {
    private final Pool pool;
    private final PrefixView view;
    private final BiConsumer<Endpoint, RouterEvent.IndexChange> told;
    /** The last pages that told how many tokens were looked up. */
    private final Map<Replica, EngineStats> pages = new HashMap<>();

    /** @param told of caches that are empty now, or gone */
    PrefixUpkeep(Pool pool, PrefixView view, BiConsumer<Endpoint, RouterEvent.IndexChange> told) {
        this.pool = pool;
        this.view = view;
        this.told = told;
    }

    /** Ages the view, and looks at all endpoints; to be called every few seconds, by one thread at a time. */
    synchronized void sweep() {
        var endpoints = pool.snapshot().endpoints();
        pages.keySet().retainAll(endpoints.stream().map(Endpoint::replica).collect(toSet()));
        for (Endpoint endpoint : endpoints) {
            capacity(endpoint);
            look(endpoint);
            if (endpoint.stats().asleep()) {
                view.restarted(endpoint.tenancy());
                endpoint.load().cacheEmptied();
                told.accept(endpoint, RouterEvent.IndexChange.RESET);
            }
        }
        view.sweep();
    }

    /** Looks at all endpoints for engines that restarted; to be called several times a second, by one thread at a time. */
    synchronized void look() {
        for (Endpoint endpoint : pool.snapshot().endpoints()) {
            look(endpoint);
        }
    }

    private void look(Endpoint endpoint) {
        var stats = endpoint.stats();
        var before = stats.prefixQueries() < 0 ? null : pages.put(endpoint.replica(), stats);
        if (before != null && stats.prefixQueries() < before.prefixQueries() && !stats.asleep()) {
            // the engine's events may have told of it before the page did
            view.restartedSince(endpoint.tenancy(), before.takenNanos());
            endpoint.load().cacheEmptied();
            told.accept(endpoint, RouterEvent.IndexChange.RESET);
        }
    }

    @Override
    public void added(Endpoint endpoint) {
        capacity(endpoint);
    }

    @Override
    public void changed(Endpoint before, Endpoint after) {
        capacity(after);
    }

    @Override
    public void removed(Endpoint endpoint) {
        view.removed(endpoint.tenancy());
        told.accept(endpoint, RouterEvent.IndexChange.REMOVED);
    }

    private void capacity(Endpoint endpoint) {
        if (!endpoint.stats().cache().reuses()) {
            // nothing that is sent there is found there later
            view.capacity(endpoint.tenancy(), 0);
        } else if (endpoint.kvTokens() > 0) {
            view.capacity(endpoint.tenancy(), endpoint.kvTokens());
        }
    }
}
