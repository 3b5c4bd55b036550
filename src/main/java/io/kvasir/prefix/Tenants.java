package io.kvasir.prefix;

import io.kvasir.pool.Tenancy;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The endpoints that a view knows, by ordinal. What is said under a tenancy that is over is told from what is said of the
 * endpoint that has the ordinal now. From any thread.
 */
final class Tenants {
    /** An endpoint that has, or had, an ordinal. */
    static final class Tenant {
        final long tenancy;
        /** Tokens that running requests may still come to hold. */
        final AtomicLong reserved = new AtomicLong();
        /** Tokens that its cache has room for. */
        volatile long capacity;

        volatile boolean gone;

        private Tenant(long tenancy, long capacity) {
            this.tenancy = tenancy;
            this.capacity = capacity;
        }
    }

    private final int most;
    private final int defaultCapacity;
    private final AtomicReferenceArray<@Nullable Tenant> byOrdinal;
    private final LongAdder late = new LongAdder();
    private final LongAdder beyond = new LongAdder();

    /**
     * @param most ordinals are below this
     * @param defaultCapacity tokens that an endpoint has room for until it tells
     */
    Tenants(int most, int defaultCapacity) {
        this.most = most;
        this.defaultCapacity = defaultCapacity;
        byOrdinal = new AtomicReferenceArray<>(most);
    }

    /** Who has that tenancy, from the first word of it on; null, and counted, where its time is over or it is beyond. */
    @Nullable
    Tenant of(long tenancy) {
        int ordinal = Tenancy.ordinal(tenancy);
        if (ordinal >= most) {
            beyond.increment();
            return null;
        }
        while (true) {
            var now = byOrdinal.get(ordinal);
            if (now != null && now.tenancy == tenancy && !now.gone) {
                return now;
            }
            if (now != null && now.tenancy >= tenancy) {
                late.increment();
                return null;
            }
            var next = new Tenant(tenancy, defaultCapacity);
            if (byOrdinal.compareAndSet(ordinal, now, next)) {
                return next;
            }
        }
    }

    /** Who had the ordinal last; null for nobody yet. */
    @Nullable
    Tenant at(int ordinal) {
        return byOrdinal.get(ordinal);
    }

    /** Ordinals are below this. */
    int most() {
        return most;
    }

    /** Words under tenancies that were over. */
    long late() {
        return late.sum();
    }

    /** Words about ordinals beyond the most. */
    long beyond() {
        return beyond.sum();
    }
}
