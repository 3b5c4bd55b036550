package io.kvasir.route;

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

    private record Generations(
            int number,
            ConcurrentHashMap<String, String> young,
            ConcurrentHashMap<String, String> old,
            long beganNanos) {}

    StoredIds(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
        generations = new Generations(0, new ConcurrentHashMap<>(), new ConcurrentHashMap<>(), nanoClock.getAsLong());
    }

    /** The {@code ip:port} that keeps it; null where that is not known. */
    public @Nullable String holder(String id) {
        var now = generations;
        String holder = now.young.get(id);
        return holder == null ? now.old.get(id) : holder;
    }

    /** An endpoint answered that it keeps it. Who is known to keep it already goes on counting. */
    public void remember(String id, String hostPort) {
        var now = generations;
        if (now.young.size() >= MOST || nanoClock.getAsLong() - now.beganNanos > HALF_LIFE_NANOS) {
            now = age(now);
        }
        if (!now.old.containsKey(id)) {
            now.young.putIfAbsent(id, hostPort);
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
