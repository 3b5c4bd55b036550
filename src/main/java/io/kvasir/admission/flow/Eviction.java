package io.kvasir.admission.flow;

import io.kvasir.admission.Evictable;
import io.kvasir.request.Refusals;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Which requests in flight are asked to make room while higher ones wait: those of negative priority, the lowest first, and
 * of these the one of which least was computed; none that is nearly done, and none whose answer has begun unless that is
 * configured. One at a time: the next is asked once the last has ended, or did not for {@value #PATIENCE_SECONDS} s. Booked
 * and ended on any thread; chosen under the lock of the queue.
 */
final class Eviction {
    /** After which an endpoint is taken not to have heard. */
    static final long PATIENCE_SECONDS = 10;

    /** What is over sooner than this is worth waiting for, in seconds. */
    private static final double NEARLY_DONE = 1;

    private record Candidate(Admitted admitted, Evictable request) {}

    private final Map<Admitted, Candidate> candidates = new ConcurrentHashMap<>();
    private volatile @Nullable Admitted asked;
    private long askedNanos;

    /** One that may be asked was booked. */
    void booked(Admitted admitted, Evictable request) {
        candidates.put(admitted, new Candidate(admitted, request));
    }

    /** It is over. */
    @SuppressWarnings("ReferenceEquality") // the very one
    void ended(Admitted admitted) {
        candidates.remove(admitted);
        if (asked == admitted) {
            asked = null;
        }
    }

    /** Those that may be asked. */
    int size() {
        return candidates.size();
    }

    /**
     * Asks one to make room at any of a kind's endpoints, if there is one and none is awaited.
     *
     * @param below only those of lower bands than this priority
     * @param begun whether also those whose answer has begun
     * @param millis after which those evicted may try again
     * @return whose request it is; null where nobody was asked
     */
    @Nullable
    Band makeRoom(Fit fit, int below, boolean begun, long millis, long nowNanos) {
        if (candidates.isEmpty() || asked != null && nowNanos - askedNanos < PATIENCE_SECONDS * 1_000_000_000L) {
            return null;
        }
        var cheapest = candidates.values().stream()
                .filter(one -> one.admitted().priority() < below)
                .filter(one -> {
                    var endpoint = one.admitted().endpoint();
                    return endpoint != null && fit.has(endpoint);
                })
                .filter(one -> one.request().evictable()
                        && (begun || !one.request().begun())
                        && one.request().secondsLeft() > NEARLY_DONE)
                .min(Comparator.<Candidate>comparingInt(one -> one.admitted().priority())
                        .thenComparingDouble(one -> one.request().spentSeconds()));
        if (cheapest.isEmpty()) {
            return null;
        }
        var chosen = cheapest.get();
        // before it is asked: it may end at once
        asked = chosen.admitted();
        askedNanos = nowNanos;
        if (!chosen.request().evict(Refusals.evicted(millis))) {
            asked = null;
            candidates.remove(chosen.admitted());
            return null;
        }
        return chosen.admitted().tenant().band();
    }
}
