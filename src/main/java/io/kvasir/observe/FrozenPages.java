package io.kvasir.observe;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.Replica;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Finds metrics pages that come, and do not change although their engine computes prompts: the count of tokens that it looked
 * up in its prefix cache stands still. Where an engine counts none, nothing is told. Looked at now and then; not safe for several
 * threads.
 */
final class FrozenPages {
    /** Shortest time for which a page must not have changed, in ns. */
    static final long NANOS = 10_000_000_000L;

    /** Tokens that must have been computed meanwhile. */
    static final long TOKENS = 1_000;

    /** A page as it was when it last changed. */
    private record Page(long queries, long nanos, double computed) {}

    private final Map<Replica, Page> pages = new HashMap<>();

    /** Forgets all replicas but those. */
    void keep(Set<Replica> present) {
        pages.keySet().retainAll(present);
    }

    /** Seconds for which it has not changed; 0 where it changes, or need not. */
    double seconds(Endpoint endpoint, long nowNanos) {
        long queries = endpoint.stats().prefixQueries();
        double computed = endpoint.load().prefilledTokens(0);
        var page = pages.get(endpoint.replica());
        if (page == null || page.queries != queries || queries <= 0) {
            pages.put(endpoint.replica(), new Page(queries, nowNanos, computed));
            return 0;
        }
        long still = nowNanos - page.nanos;
        return still >= NANOS && computed - page.computed >= TOKENS ? still * 1e-9 : 0;
    }
}
