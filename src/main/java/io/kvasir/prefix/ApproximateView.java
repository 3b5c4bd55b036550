package io.kvasir.prefix;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

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
    private final AtomicLongArray capacity;
    private final AtomicLongArray reserved;
    private final AtomicIntegerArray active;
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
        capacity = new AtomicLongArray(endpoints);
        reserved = new AtomicLongArray(endpoints);
        active = new AtomicIntegerArray(endpoints);
        for (int i = 0; i < endpoints; i++) {
            capacity.set(i, defaultCapacity);
        }
    }

    /** Tokens that an endpoint's KV cache has room for, as the endpoint or its configuration tells. */
    public void capacity(int ordinal, long tokens) {
        if (isBeyond(ordinal)) {
            return;
        }
        capacity.set(ordinal, Math.max(0, tokens));
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
    public int routed(long namespace, PrefixKeys keys, int ordinal, int reservedTokens) {
        if (isBeyond(ordinal)) {
            return 0;
        }
        active.set(ordinal, 1);
        reserved.addAndGet(ordinal, reservedTokens);
        int use = nextUse();
        index.bring(namespace, keys.keys(), keys.promptBlocks(), ordinal, tick(), use);
        fit(ordinal);
        return use;
    }

    /** Any number but 0; those of requests in progress differ. */
    private int nextUse() {
        int use = lastUse.incrementAndGet();
        return use == 0 ? lastUse.incrementAndGet() : use;
    }

    @Override
    public void finished(long namespace, PrefixKeys keys, int ordinal, int reservedTokens, int outputTokens) {
        if (isBeyond(ordinal)) {
            return;
        }
        if (active.get(ordinal) == 0) {
            late.increment();
            return;
        }
        reserved.addAndGet(ordinal, -reservedTokens);
        int blocks = keys.promptBlocks();
        long unkeyed = (keys.promptTokens() + outputTokens) / BLOCK - blocks;
        if (unkeyed > 0) {
            int most = (int) Math.min(unkeyed, Integer.MAX_VALUE / 4);
            index.occupy(ordinal, most, blocks == 0 ? namespace : keys.keys()[0], tick());
        }
        index.insert(namespace, keys.keys(), 0, blocks, ordinal, tick());
        fit(ordinal);
    }

    @Override
    public void withdrawn(long namespace, PrefixKeys keys, int ordinal, int reservedTokens, int use) {
        if (isBeyond(ordinal)) {
            return;
        }
        if (active.get(ordinal) == 0) {
            late.increment();
            return;
        }
        reserved.addAndGet(ordinal, -reservedTokens);
        if (use != 0) {
            index.withdraw(namespace, keys.keys(), keys.promptBlocks(), ordinal, use);
        }
    }

    @Override
    public void observed(int ordinal, int predictedTokens, int cachedTokens) {
        if (predictedTokens > 0 && !isBeyond(ordinal)) {
            accuracy.observe(ordinal, predictedTokens, cachedTokens);
        }
    }

    @Override
    public void reset(int ordinal) {
        if (isBeyond(ordinal)) {
            return;
        }
        index.clear(ordinal);
        accuracy.forget(ordinal);
    }

    @Override
    public void removed(int ordinal) {
        if (isBeyond(ordinal)) {
            return;
        }
        active.set(ordinal, 0);
        index.clear(ordinal);
        accuracy.forget(ordinal);
        reserved.set(ordinal, 0);
        capacity.set(ordinal, defaultCapacity);
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

    private boolean isBeyond(int ordinal) {
        if (ordinal < endpoints) {
            return false;
        }
        beyond.increment();
        return true;
    }

    private void fit(int ordinal) {
        long room = Math.max(0, capacity.get(ordinal) - Math.max(0, reserved.get(ordinal))) / BLOCK;
        if (index.held(ordinal) > room) {
            index.evictTo(ordinal, (int) room);
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

    /** Ends of requests that came after their endpoint was removed, and were ignored. */
    public long late() {
        return late.sum();
    }

    /** What the index behind the view holds and costs. */
    public PrefixIndex.Stats stats() {
        return index.stats();
    }
}
