package io.kvasir.route;

import io.kvasir.pool.Endpoint;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Which endpoint keeps what: ids of stored responses and the like, as answers that passed by told them. Holds the last
 * {@value #MOST} to twice as many, for a day at most. Safe for any thread; readers take no lock.
 */
public final class StoredIds {
    static final int MOST = 32_768;

    private static final long HALF_LIFE_NANOS = 12L * 3_600 * 1_000_000_000;

    private final LongSupplier nanoClock;
    private volatile Generations generations;

    /**
     * Who keeps something. An address outlasts its replica: one that was gone from discovery for a while comes back to what
     * it keeps, and one that was replaced does not, so that an address is worth asking and only its replica is known.
     *
     * @param tenancy the replica's
     */
    public record Holder(String hostPort, long tenancy) {
        /** Whether it is the very replica that said so. */
        public boolean is(@Nullable Endpoint endpoint) {
            return endpoint != null && endpoint.tenancy() == tenancy;
        }
    }

    private record Generations(
            int number,
            ConcurrentHashMap<String, Holder> young,
            ConcurrentHashMap<String, Holder> old,
            long beganNanos) {}

    StoredIds(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
        generations = new Generations(0, new ConcurrentHashMap<>(), new ConcurrentHashMap<>(), nanoClock.getAsLong());
    }

    /** Who keeps it; null where that is not known. */
    public @Nullable Holder holder(String id) {
        var now = generations;
        Holder holder = now.young.get(id);
        return holder == null ? now.old.get(id) : holder;
    }

    /** An endpoint answered that it keeps it. Who is known to keep it already goes on counting. */
    public void remember(String id, Endpoint endpoint) {
        var now = generations;
        if (now.young.size() >= MOST || nanoClock.getAsLong() - now.beganNanos > HALF_LIFE_NANOS) {
            now = age(now);
        }
        if (!now.old.containsKey(id)) {
            now.young.putIfAbsent(id, new Holder(endpoint.hostPort(), endpoint.tenancy()));
        }
    }

    /** The endpoint is no longer there, or says that it does not keep it. */
    public void forget(String id) {
        var now = generations;
        now.young.remove(id);
        now.old.remove(id);
    }

    private synchronized Generations age(Generations seen) {
        var now = generations;
        if (now.number == seen.number) {
            now = new Generations(now.number + 1, new ConcurrentHashMap<>(), now.young, nanoClock.getAsLong());
            generations = now;
        }
        return now;
    }
}
