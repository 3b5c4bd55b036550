package io.kvasir.admission.flow;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Turns of sessions within their tenants, by start-time fair queueing: a request's tag is where the tenant is, or where its
 * session's last one will have ended, whichever is later. Requests without a session are one each. Bounded; one that was
 * forgotten begins where its tenant is. Guarded by the lock of the queue.
 */
final class Sessions {
    private record Key(long tenant, String session) {}

    private final Map<Key, Double> finished = new LinkedHashMap<>(16, 0.75f, true);

    /**
     * The tag of a request.
     *
     * @param session its session or program; null for none
     * @param cost tokens that it is taken for
     * @param most sessions that are remembered
     */
    double tag(Tenant tenant, @Nullable String session, double cost, int most) {
        if (session == null) {
            return tenant.virtual();
        }
        var key = new Key(tenant.number(), session);
        double tag = Math.max(tenant.virtual(), finished.getOrDefault(key, 0.0));
        finished.put(key, tag + cost);
        for (Iterator<Key> eldest = finished.keySet().iterator(); finished.size() > most; ) {
            eldest.next();
            eldest.remove();
        }
        return tag;
    }

    int size() {
        return finished.size();
    }
}
