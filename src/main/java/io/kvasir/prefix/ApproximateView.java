package io.kvasir.prefix;

import io.kvasir.pool.Tenancy;
import io.kvasir.prefix.Tenants.Tenant;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
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
    private static final KeySchemes SCHEMES = KeySchemes.of(KeyScheme.Text.FINEST, KeyScheme.Tokens.FINEST);
    /** Tokens of a block, of text and of ids alike. */
    private static final int BLOCK = KeyScheme.Tokens.FINEST.blockTokens();

    private static final long[] NO_KEYS = {};

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
    private final Tenants tenants;
    private final int timeToLive;
    private final AtomicInteger lastUse = new AtomicInteger();

    /**
     * @param nanoClock monotonic nanoseconds
     * @param salt a secret for the index's hash table
     */
    public ApproximateView(Settings settings, LongSupplier nanoClock, long salt) {
        this.nanoClock = nanoClock;
        started = nanoClock.getAsLong();
        index = new PrefixIndex(settings.shards(), settings.endpoints(), salt, true);
        accuracy = new ReuseAccuracy(settings.endpoints(), settings.prior());
        tenants = new Tenants(settings.endpoints(), settings.defaultCapacity());
        timeToLive = Math.toIntExact(settings.timeToLive().toNanos() / NANOS_PER_TICK);
    }

    @Override
    public KeySchemes schemes() {
        return SCHEMES;
    }

    @Override
    public void match(long namespace, PromptKeys keys, int endpoints, PrefixMatches answer) {
        answer.reset(endpoints);
        var own = keys.first(SCHEMES);
        if (own == null || own.blocks() == 0) {
            answer.conclude(
                    PrefixMatches.Outcome.NO_KEYS, own == null ? 0 : own.promptTokens(), PrefixSource.APPROXIMATE);
            return;
        }
        int[] tokens = answer.tokens();
        int reach = Math.min(endpoints, tenants.most());
        int known = index.lookup(namespace, own.keys(), own.blocks(), tokens, reach);
        if (known == PrefixIndex.CONTENDED) {
            answer.conclude(PrefixMatches.Outcome.CONTENDED, own.promptTokens(), PrefixSource.APPROXIMATE);
            return;
        }
        float[] confidence = answer.confidence();
        long promptTokens = own.promptTokens();
        for (int o = 0; o < reach; o++) {
            tokens[o] = (int) Math.min((long) tokens[o] * BLOCK, promptTokens);
            confidence[o] = accuracy.confidence(o);
        }
        answer.conclude(PrefixMatches.Outcome.ANSWERED, promptTokens, PrefixSource.APPROXIMATE);
    }

    @Override
    public PrefixUse routed(long namespace, PromptKeys keys, long tenancy, int reservedTokens) {
        var tenant = tenants.of(tenancy);
        if (tenant == null) {
            return PrefixUse.NONE;
        }
        var placed = new Placed(namespace, keys.first(SCHEMES), tenant, reservedTokens, nextUse());
        placed.begin(tenant);
        return placed;
    }

    /** Any number but 0; those of requests in progress differ. */
    private int nextUse() {
        int use = lastUse.incrementAndGet();
        return use == 0 ? lastUse.incrementAndGet() : use;
    }

    private final class Placed implements PrefixUse {
        private final long namespace;
        private final long[] keys;
        private final int blocks;
        private final long promptTokens;
        private final long tenancy;
        private final int ordinal;
        private final int reservedTokens;
        private final int use;

        Placed(long namespace, @Nullable BlockKeys own, Tenant tenant, int reservedTokens, int use) {
            this.namespace = namespace;
            keys = own == null ? NO_KEYS : own.keys();
            blocks = own == null ? 0 : own.blocks();
            promptTokens = own == null ? 0 : own.promptTokens();
            tenancy = tenant.tenancy;
            ordinal = Tenancy.ordinal(tenancy);
            this.reservedTokens = reservedTokens;
            this.use = use;
        }

        void begin(Tenant tenant) {
            tenant.reserved.addAndGet(reservedTokens);
            index.bring(namespace, keys, blocks, ordinal, tick(), use);
            fit(ordinal);
            clearIfGone(tenant, ordinal);
        }

        @Override
        public @Nullable Prediction observed(PrefixSource predictor, int predictedTokens, int cachedTokens) {
            if (predictor != PrefixSource.APPROXIMATE) {
                return null;
            }
            var tenant = predictedTokens > 0 ? tenants.of(tenancy) : null;
            if (tenant != null) {
                accuracy.observe(ordinal, predictedTokens, cachedTokens);
                if (tenant.gone) {
                    accuracy.forget(ordinal);
                }
            }
            return Prediction.of(predictedTokens, cachedTokens, Prediction.Meanwhile.NOTHING);
        }

        @Override
        public void finished(int outputTokens) {
            var tenant = tenants.of(tenancy);
            if (tenant == null) {
                return;
            }
            tenant.reserved.addAndGet(-reservedTokens);
            long unkeyed = (promptTokens + outputTokens) / BLOCK - blocks;
            if (unkeyed > 0) {
                int most = (int) Math.min(unkeyed, Integer.MAX_VALUE / 4);
                index.occupy(ordinal, most, blocks == 0 ? namespace : keys[0], tick());
            }
            index.insert(namespace, keys, 0, blocks, ordinal, tick());
            fit(ordinal);
            clearIfGone(tenant, ordinal);
        }

        @Override
        public void withdrawn() {
            var tenant = tenants.of(tenancy);
            if (tenant == null) {
                return;
            }
            tenant.reserved.addAndGet(-reservedTokens);
            index.withdraw(namespace, keys, blocks, ordinal, use);
        }
    }

    /** What was written while its endpoint left would be another's. */
    private void clearIfGone(Tenant tenant, int ordinal) {
        if (tenant.gone) {
            index.clear(ordinal);
        }
    }

    @Override
    public void capacity(long tenancy, long tokens) {
        var tenant = tenants.of(tenancy);
        if (tenant != null) {
            tenant.capacity = Math.max(0, tokens);
        }
    }

    @Override
    public void restarted(long tenancy) {
        if (tenants.of(tenancy) != null) {
            empty(Tenancy.ordinal(tenancy));
        }
    }

    @Override
    public void removed(long tenancy) {
        var tenant = tenants.of(tenancy);
        if (tenant != null) {
            tenant.gone = true;
            empty(Tenancy.ordinal(tenancy));
        }
    }

    private void empty(int ordinal) {
        index.clear(ordinal);
        accuracy.forget(ordinal);
    }

    @Override
    public void sweep() {
        int before = tick() - timeToLive;
        for (int o = 0; o < tenants.most(); o++) {
            if (index.held(o) > 0) {
                index.expire(o, before);
                fit(o);
            }
        }
    }

    private void fit(int ordinal) {
        var tenant = tenants.at(ordinal);
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

    @Override
    public CacheBelief belief(int ordinal) {
        return ordinal < tenants.most()
                ? new CacheBelief(heldTokens(ordinal), accuracy.confidence(ordinal))
                : CacheBelief.NONE;
    }

    @Override
    public long failures() {
        return index.failures();
    }

    @Override
    public List<ViewStats> stats() {
        return List.of(new ViewStats(PrefixSource.APPROXIMATE, index.stats(), tenants.late(), tenants.beyond()));
    }
}
