package io.kvasir.route;

import io.kvasir.request.RefusalReason;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.ObjLongConsumer;

/** How often a door refused, by reason. */
public final class RefusalCounts {
    private final AtomicLongArray counts = new AtomicLongArray(RefusalReason.values().length);

    /** One more for that reason. */
    public void count(RefusalReason reason) {
        counts.getAndIncrement(reason.ordinal());
    }

    /** Refusals for that reason. */
    public long of(RefusalReason reason) {
        return counts.get(reason.ordinal());
    }

    /** Visits the values of the reason header that were sent, in order, with how often. */
    public void forEach(ObjLongConsumer<String> visitor) {
        var sums = new TreeMap<String, Long>();
        for (RefusalReason reason : RefusalReason.values()) {
            if (of(reason) > 0) {
                sums.merge(reason.header(), of(reason), Long::sum);
            }
        }
        sums.forEach(visitor::accept);
    }
}
