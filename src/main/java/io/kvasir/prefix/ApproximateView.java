package io.kvasir.prefix;

import io.kvasir.pool.Tenancy;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Believes that an endpoint holds what was sent to it, and what it answered, until its cache must have filled up with
 * something newer. Needs nothing from the engine.
 *
 * <p>Per endpoint the view keeps the most recently used blocks, as many as the KV cache has room for beside the output
 * that running requests may still produce, and gives up the rest in the order in which vLLM does. A request's blocks
 * count as used when it is routed and again when it ends, since an engine frees them only then. Output takes up room
 * without being findable.
 *
 * <p>What was not used for a while is forgotten whatever the room, because the cache sees traffic, restarts and resets
 * that the view does not. Confidence is what engines report to have found of what was promised.
 */
public final class ApproximateView implements PrefixView {
    private static final long NANOS_PER_TICK = 1_000_000L;
    private static final int BLOCK = PrefixKeys.TOKENS_PER_BLOCK;

    /**
     * How much is believed, and how long.
     *
     * @param endpoints ordinals are below this, at most {@link PrefixIndex#MAX_ENDPOINTS}; nothing is known of others
     * @param shards parts of the index that can change at the same time, a power of two
     * @param defaultCapacity KV tokens assumed for an endpoint that has not told
     * @param timeToLive how long a block is believed in after its last use; a second to 14 days
     * @param prior confidence in an endpoint that has reported nothing, 0 to 1
     */
    public record Settings(int endpoints, int shards, int defaultCapacity, Duration timeToLive, float prior) {
        /** Within what ticks of a millisecond can be told apart by their difference. */
        private static final Duration LONGEST = Duration.ofDays(14);

        /** 4,096 endpoints, 16 shards, 500,000 tokens, 30 minutes, 0.8. */
        public static final Settings DEFAULT = new Settings(4_096, 16, 500_000, Duration.ofMinutes(30), 0.8f);

        public Settings {
            if (timeToLive.compareTo(Duration.ofSeconds(1)) < 0 || timeToLive.compareTo(LONGEST) > 0) {
                throw new IllegalArgumentException("timeToLive " + timeToLive + " is not in PT1S..PT336H");
            }
            if (defaultCapacity < 0) {
                throw new IllegalArgumentException("defaultCapacity " + defaultCapacity + " is negative");
            }
            if (!(prior >= 0 && prior <= 1)) {
                throw new IllegalArgumentException("prior " + prior + " is not in 0..1");
            }
        }
    }

    private final LongSupplier nanoClock;
    private final long started;
    private final PrefixIndex index;
    private final ReuseAccuracy accuracy;
    private final int endpoints;
    private final int timeToLive;
    private final int defaultCapacity;
    private final AtomicReferenceArray<@Nullable Tenant> tenants;
    private final AtomicInteger lastUse = new AtomicInteger();
    private final LongAdder late = new LongAdder();
    private final LongAdder beyond = new LongAdder();

    /**
     * @param nanoClock monotonic nanoseconds
     * @param salt a secret for the index's hash table
     */
    public ApproximateView(Settings settings, LongSupplier nanoClock, long salt) {
        this.nanoClock = nanoClock;
        started = nanoClock.getAsLong();
        endpoints = settings.endpoints();
        index = new PrefixIndex(settings.shards(), endpoints, salt, true);
        accuracy = new ReuseAccuracy(endpoints, settings.prior());
        timeToLive = Math.toIntExact(settings.timeToLive().toNanos() / NANOS_PER_TICK);
        defaultCapacity = settings.defaultCapacity();
        tenants = new AtomicReferenceArray<>(endpoints);
    }

    /** An endpoint that has, or had, an ordinal. */
    private static final class Tenant {
        final long tenancy;
        final AtomicLong reserved = new AtomicLong();
        volatile long capacity;
        volatile boolean gone;

        Tenant(long tenancy, long capacity) {
            this.tenancy = tenancy;
            this.capacity = capacity;
        }
    }

    /** Tokens that an endpoint's KV cache has room for, as the endpoint or its configuration tells. */
    public void capacity(long tenancy, long tokens) {
        var tenant = tenant(tenancy);
        if (tenant != null) {
            tenant.capacity = Math.max(0, tokens);
        }
    }

    /** Who has that tenancy, from the first word of it on; null, and counted, where its time is over or it is beyond. */
    private @Nullable Tenant tenant(long tenancy) {
        int ordinal = Tenancy.ordinal(tenancy);
        if (ordinal >= endpoints) {
            beyond.increment();
            return null;
        }
        while (true) {
            var now = tenants.get(ordinal);
            if (now != null && now.tenancy == tenancy && !now.gone) {
                return now;
            }
            if (now != null && now.tenancy >= tenancy) {
                late.increment();
                return null;
            }
            var next = new Tenant(tenancy, defaultCapacity);
            if (tenants.compareAndSet(ordinal, now, next)) {
                return next;
            }
        }
    }

    /** What was written while its endpoint left would be another's. */
    private void clearIfGone(Tenant tenant, int ordinal) {
        if (tenant.gone) {
            index.clear(ordinal);
        }
    }

    @Override
    public void match(long namespace, PrefixKeys keys, int endpoints, PrefixMatches answer) {
        keys.finish();
        answer.reset(endpoints);
        long promptTokens = keys.promptTokens();
        if (keys.promptBlocks() == 0) {
            answer.conclude(PrefixMatches.Outcome.NO_KEYS, promptTokens);
            return;
        }
        int[] tokens = answer.tokens();
        int reach = Math.min(endpoints, this.endpoints);
        int known = index.lookup(namespace, keys.keys(), keys.promptBlocks(), tokens, reach);
        if (known == PrefixIndex.CONTENDED) {
            answer.conclude(PrefixMatches.Outcome.CONTENDED, promptTokens);
            return;
        }
        float[] confidence = answer.confidence();
        for (int o = 0; o < reach; o++) {
            tokens[o] = (int) Math.min((long) tokens[o] * BLOCK, promptTokens);
            confidence[o] = accuracy.confidence(o);
        }
        answer.conclude(PrefixMatches.Outcome.ANSWERED, promptTokens);
    }

    @Override
    public int routed(long namespace, PrefixKeys keys, long tenancy, int reservedTokens) {
        var tenant = tenant(tenancy);
        if (tenant == null) {
            return 0;
        }
        int ordinal = Tenancy.ordinal(tenancy);
        tenant.reserved.addAndGet(reservedTokens);
        int use = nextUse();
        index.bring(namespace, keys.keys(), keys.promptBlocks(), ordinal, tick(), use);
        fit(ordinal);
        clearIfGone(tenant, ordinal);
        return use;
    }

    /** Any number but 0; those of requests in progress differ. */
    private int nextUse() {
        int use = lastUse.incrementAndGet();
        return use == 0 ? lastUse.incrementAndGet() : use;
    }

    @Override
    public void finished(long namespace, PrefixKeys keys, long tenancy, int reservedTokens, int outputTokens) {
        var tenant = tenant(tenancy);
        if (tenant == null) {
            return;
        }
        int ordinal = Tenancy.ordinal(tenancy);
        tenant.reserved.addAndGet(-reservedTokens);
        int blocks = keys.promptBlocks();
        long unkeyed = (keys.promptTokens() + outputTokens) / BLOCK - blocks;
        if (unkeyed > 0) {
            int most = (int) Math.min(unkeyed, Integer.MAX_VALUE / 4);
            index.occupy(ordinal, most, blocks == 0 ? namespace : keys.keys()[0], tick());
        }
        index.insert(namespace, keys.keys(), 0, blocks, ordinal, tick());
        fit(ordinal);
        clearIfGone(tenant, ordinal);
    }

    @Override
    public void withdrawn(long namespace, PrefixKeys keys, long tenancy, int reservedTokens, int use) {
        var tenant = tenant(tenancy);
        if (tenant == null) {
            return;
        }
        tenant.reserved.addAndGet(-reservedTokens);
        if (use != 0) {
            index.withdraw(namespace, keys.keys(), keys.promptBlocks(), Tenancy.ordinal(tenancy), use);
        }
    }

    @Override
    public void observed(long tenancy, int predictedTokens, int cachedTokens) {
        if (predictedTokens > 0 && tenant(tenancy) != null) {
            accuracy.observe(Tenancy.ordinal(tenancy), predictedTokens, cachedTokens);
        }
    }

    @Override
    public void reset(long tenancy) {
        if (tenant(tenancy) != null) {
            empty(Tenancy.ordinal(tenancy));
        }
    }

    @Override
    public void removed(long tenancy) {
        var tenant = tenant(tenancy);
        if (tenant != null) {
            tenant.gone = true;
            empty(Tenancy.ordinal(tenancy));
        }
    }

    private void empty(int ordinal) {
        index.clear(ordinal);
        accuracy.forget(ordinal);
    }

    /** Forgets what was not used for too long and makes room where capacities shrank; to be called every few seconds. */
    public void sweep() {
        int before = tick() - timeToLive;
        for (int o = 0; o < endpoints; o++) {
            if (index.held(o) > 0) {
                index.expire(o, before);
                fit(o);
            }
        }
    }

    private void fit(int ordinal) {
        var tenant = tenants.get(ordinal);
        if (tenant == null) {
            return;
        }
        long room = Math.max(0, tenant.capacity - Math.max(0, tenant.reserved.get())) / BLOCK;
        if (index.held(ordinal) > room) {
            index.evictTo(ordinal, (int) Math.min(Integer.MAX_VALUE, room));
        }
    }

    private int tick() {
        return (int) ((nanoClock.getAsLong() - started) / NANOS_PER_TICK);
    }

    /** Tokens of an endpoint's cache that the view accounts for. */
    public long heldTokens(int ordinal) {
        return (long) index.held(ordinal) * BLOCK;
    }

    /** Calls about endpoints whose ordinal is beyond what the view was made for. */
    public long beyond() {
        return beyond.sum();
    }

    /** Words about endpoints that had left already, as of the ends of their requests; they were ignored. */
    public long late() {
        return late.sum();
    }

    /** Changes of beliefs that failed, in all views of this process; they cost predictions. */
    public long failures() {
        return index.failures();
    }

    /** What the index behind the view holds and costs. */
    public PrefixIndex.Stats stats() {
        return index.stats();
    }
}
