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

    /**
     * A page as it was when it last changed, and what was computed since.
     *
     * @param readNanos when it was first read so
     * @param computed prompt tokens by then, at most
     * @param before tokens computed between then and the last reading, at least
     * @param lookedNanos when it was last looked at
     * @param lookedComputed prompt tokens by then
     */
    private record Page(
            long queries, long readNanos, double computed, double before, long lookedNanos, double lookedComputed) {

        /** The same page, looked at again; what was computed since the last look may have been after the page was read. */
        Page again(long readAt, long nowNanos, double computedNow) {
            double known = readAt > lookedNanos ? lookedComputed - computed : before;
            return new Page(queries, readNanos, computed, known, nowNanos, computedNow);
        }
    }

    private final Map<Replica, Page> pages = new HashMap<>();

    /** Forgets all replicas but those. */
    void keep(Set<Replica> present) {
        pages.keySet().retainAll(present);
    }

    /** Seconds for which it has not changed; 0 where it changes, or need not. */
    double seconds(Endpoint endpoint, long nowNanos) {
        long queries = endpoint.stats().prefixQueries();
        double computed = endpoint.load().prefilledTokens(0);
        long readAt = nowNanos - endpoint.stats().ageNanos(nowNanos);
        var page = pages.get(endpoint.replica());
        if (page == null || page.queries != queries || queries <= 0) {
            pages.put(endpoint.replica(), new Page(queries, readAt, computed, 0, nowNanos, computed));
            return 0;
        }
        var now = page.again(readAt, nowNanos, computed);
        pages.put(endpoint.replica(), now);
        long still = readAt - now.readNanos;
        return still >= NANOS && now.before >= TOKENS ? still * 1e-9 : 0;
    }
}
