package io.kvasir.admission.flow;

import io.kvasir.admission.Arrival;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * Places of requests whose time was over when they were first in line: another try of theirs takes it up again. What a
 * client says of tries alone is worth nothing. Bounded. Guarded by the lock of the queue.
 */
final class KeptPlaces {
    private static final int MOST = 4_096;

    /** Longer than clients that back off by our words, or by their own, stay away. */
    private static final long LONGEST_NANOS = 120_000_000_000L;

    private record Place(long orderNanos, long keptNanos) {}

    private final Map<Long, Place> places = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Place> eldest) {
            return size() > MOST;
        }
    };

    /** By what another try of the same request is known: all that it says of itself. */
    static long fingerprint(Arrival arrival, Tenant tenant) {
        var request = arrival.request();
        long mixed = tenant.number();
        mixed = 31 * mixed + Objects.hashCode(request.sessionId());
        mixed = 31 * mixed + arrival.model().hashCode();
        mixed = 31 * mixed + Objects.hashCode(request.user());
        mixed = mixed * 0x9e3779b97f4a7c15L + request.bodyBytes();
        mixed = mixed * 0x9e3779b97f4a7c15L + request.promptTokens();
        return mixed * 0x9e3779b97f4a7c15L + request.maxOutputTokens();
    }

    void keep(long fingerprint, long orderNanos, long nowNanos) {
        places.put(fingerprint, new Place(orderNanos, nowNanos));
    }

    /** Since when it waits, if it has a place; that is taken up. Else now. */
    long take(long fingerprint, long nowNanos) {
        var place = places.remove(fingerprint);
        return place != null && nowNanos - place.keptNanos() < LONGEST_NANOS ? place.orderNanos() : nowNanos;
    }

    int size() {
        return places.size();
    }
}
