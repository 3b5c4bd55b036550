package io.kvasir.admission.flow;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.Pool;
import io.kvasir.pool.PoolSnapshot;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Kinds of requests that wait, each once. What endpoints serve is looked at anew when the pool changes, and once a second:
 * lists of models change without it. Guarded by the lock of the queue.
 */
final class Fits {
    private static final long LOOK_NANOS = 1_000_000_000;

    /** Kinds that are known; those of which nothing waits any longer are forgotten then. */
    private static final int MOST_KINDS = 256;

    private record Group(String model, @Nullable Set<String> allowed) {}

    /** Who serves a group, and how much room each has. */
    private record Serving(List<Endpoint> endpoints, List<Long> rooms) {}

    private final Pool pool;
    private final Map<Group, Serving> serving = new HashMap<>();
    private final Map<Fit.Kind, Fit> fits = new HashMap<>();
    private PoolSnapshot seen;
    private long lookedNanos;

    Fits(Pool pool, long nowNanos) {
        this.pool = pool;
        seen = pool.snapshot();
        lookedNanos = nowNanos;
    }

    /** Whether what waits has to be sorted anew, by {@link #of}. */
    @SuppressWarnings("ReferenceEquality") // snapshots are swapped whole
    boolean refresh(long nowNanos) {
        var now = pool.snapshot();
        boolean changed = now != seen;
        if (!changed && nowNanos - lookedNanos < LOOK_NANOS) {
            return false;
        }
        lookedNanos = nowNanos;
        // not oftener, however many kinds wait: what waits is sorted anew
        if (!changed && fits.size() <= MOST_KINDS && asBefore(nowNanos)) {
            return false;
        }
        seen = now;
        serving.clear();
        fits.clear();
        return true;
    }

    private boolean asBefore(long nowNanos) {
        return serving.entrySet().stream().allMatch(entry -> entry.getValue().equals(look(entry.getKey(), nowNanos)));
    }

    private Serving look(Group group, long nowNanos) {
        var endpoints = Fit.serving(seen, group.model(), group.allowed(), nowNanos);
        return new Serving(
                endpoints,
                endpoints.stream()
                        .map(endpoint -> Fit.room(endpoint, group.model()))
                        .toList());
    }

    /** The pool as it was seen last. */
    PoolSnapshot pool() {
        return seen;
    }

    /** The kind of a request that needs so many tokens. */
    Fit of(String model, @Nullable Set<String> allowed, long both, long prompt, long nowNanos) {
        var candidates = serving.computeIfAbsent(new Group(model, allowed), group -> look(group, nowNanos));
        var kind = new Fit.Kind(model, allowed, Fit.needed(candidates.endpoints(), model, both, prompt));
        return fits.computeIfAbsent(kind, one -> {
            var fit = new Fit(one);
            fit.refresh(seen, nowNanos);
            return fit;
        });
    }
}
