package io.kvasir.prefix;

import io.kvasir.metric.MetricSink;
import io.kvasir.pool.Tenancy;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Believes what engines say that they hold: blocks are put under keys of ours, made from the tokens that events tell, so
 * that any engine's hashes and any seed will do. Each endpoint is asked in blocks of its own size. Answers prompts of token
 * ids, and no others.
 *
 * <p>How sure it is of an endpoint is what is known of its history ({@link #coverage}), times the share of predicted tokens
 * that the engine really found. It is not sure at all of an endpoint that computes new blocks and tells of none, nor of one
 * that does not tell of what is sent there.
 *
 * <p>What was sent and not told of yet is believed in beside it for a while, see {@link SentPaths}.
 */
public final class PreciseView implements PrefixView {
    private static final KeySchemes ANY_PROMPT = KeySchemes.of(KeyScheme.Tokens.FINEST, KeyScheme.Text.FINEST);

    /** Bytes of the heap for each block that there may be: blocks, of some 30 bytes, are to take half of it at most. */
    private static final int HEAP_BYTES = 64;

    private final EventIndex index;
    private final Speculation speculation;
    private final ReuseAccuracy accuracy;
    private final FollowedEndpoints followed;
    private final PreciseLookup answers;
    private final FollowedCaches caches;
    private final HashSpaces spaces;
    private final PredictionCounts predictions = new PredictionCounts();

    /**
     * @param endpoints ordinals are below this; nothing is known of others
     * @param salt a secret for its hash tables
     */
    public PreciseView(int endpoints, long salt) {
        this(endpoints, salt, System::nanoTime);
    }

    /** One by a clock of monotonic nanoseconds. */
    public PreciseView(int endpoints, long salt, LongSupplier nanoClock) {
        this(endpoints, salt, nanoClock, Runtime.getRuntime().maxMemory() / HEAP_BYTES);
    }

    /** @param most blocks that are known of, over all endpoints */
    PreciseView(int endpoints, long salt, LongSupplier nanoClock, long most) {
        index = new EventIndex(salt, most);
        speculation = new Speculation(endpoints, salt, nanoClock);
        spaces = new HashSpaces(index);
        var lookup = new PathLookup(index, speculation);
        accuracy = new ReuseAccuracy(endpoints, 1);
        followed = new FollowedEndpoints(endpoints, lookup, speculation, accuracy);
        caches = new FollowedCaches(followed);
        answers = new PreciseLookup(lookup, followed);
    }

    /**
     * Begins to follow one rank of an endpoint.
     *
     * @param model by whose name requests ask for what has no adapter
     * @param aliases whether blocks of different adapters may have one hash, as SGLang's have
     */
    public EngineCache cache(long tenancy, int rank, String model, boolean aliases) {
        var cache = new EngineCache(this, index, tenancy, rank, model, aliases);
        var _ = followed.of(tenancy);
        restarts(tenancy);
        caches.add(cache);
        return cache;
    }

    /**
     * How much of an endpoint's history is known, from 0 (events are missing, or nobody listens) to 1. From any thread.
     */
    public void coverage(long tenancy, float share) {
        // requests to an endpoint that never told anything are not kept account of
        var endpoint = share > 0 ? followed.of(tenancy) : followed.known(tenancy);
        if (endpoint != null) {
            endpoint.covered(share);
            endpoint.paths().settleSoon();
        }
    }

    /** It told of blocks that it holds, which are in the index now. */
    void stored(long tenancy) {
        var endpoint = followed.known(tenancy);
        if (endpoint != null) {
            endpoint.stored();
        }
    }

    /** Somebody listens to an endpoint from now on; that nothing was heard of it before proves nothing. From any thread. */
    public void listened(long tenancy) {
        var endpoint = followed.known(tenancy);
        if (endpoint != null) {
            endpoint.listened();
        }
    }

    /** How sure it is of what it says about an endpoint, 0 to 1. */
    public float confidence(long tenancy) {
        var endpoint = followed.known(tenancy);
        return endpoint == null ? 0 : followed.confidence(endpoint);
    }

    /** Whether the endpoint computes new blocks and tells of none. */
    public boolean silent(long tenancy) {
        var endpoint = followed.known(tenancy);
        return endpoint != null && endpoint.isSilent();
    }

    /** Whether the endpoint finds prompts in its cache of which its events tell nothing that matches. */
    public boolean unmatched(long tenancy) {
        var endpoint = followed.known(tenancy);
        return endpoint != null && endpoint.blindness().isUnmatched();
    }

    /** Whether the endpoint's events do not tell of the prompts that are sent there. */
    public boolean unconfirmed(long tenancy) {
        var endpoint = followed.known(tenancy);
        return endpoint != null && endpoint.blindness().isUnconfirmed();
    }

    /** It is about to tell of blocks that are gone. */
    void removes(long tenancy) {
        var endpoint = followed.known(tenancy);
        if (endpoint != null) {
            endpoint.removing();
        }
    }

    /** Nothing of what it held is there, or is known to be. */
    void clears(long tenancy) {
        var endpoint = followed.known(tenancy);
        if (endpoint != null) {
            endpoint.cleared();
        }
    }

    /** Another process has its cache. */
    void restarts(long tenancy) {
        var endpoint = followed.known(tenancy);
        if (endpoint != null) {
            endpoint.restarted();
        }
    }

    /** What engines told of. */
    EventIndex index() {
        return index;
    }

    /** By the clock of what was sent, in ns. */
    long now() {
        return speculation.now();
    }

    /** Its blocks are of fewer tokens than it is asked by. */
    void small(long tenancy) {
        var endpoint = followed.known(tenancy);
        if (endpoint != null) {
            endpoint.small();
        }
    }

    /** Where paths of a namespace begin, of blocks of that scheme. */
    static long root(long namespace, KeyScheme scheme) {
        return ChunkChain.link(namespace, scheme.blockTokens());
    }

    /** A cache of an endpoint can be looked up otherwise than before. */
    void changed(long tenancy) {
        caches.changed(tenancy);
    }

    void closed(EngineCache cache) {
        caches.remove(cache);
    }

    /** Which caches know blocks by the same hashes. With the index' lock. */
    HashSpaces spaces() {
        return spaces;
    }

    @Override
    public boolean knowsAny() {
        return !caches.asked().isEmpty();
    }

    @Override
    public boolean wantsTokens() {
        return knowsAny();
    }

    @Override
    public KeySchemes schemes() {
        return caches.asked().schemes();
    }

    @Override
    public void match(long namespace, PromptKeys keys, int endpoints, PrefixMatches answer) {
        answers.match(caches.asked(), namespace, keys, endpoints, answer);
    }

    @Override
    public PrefixUse routed(long namespace, PromptKeys keys, long tenancy, int reservedTokens) {
        var endpoint = followed.known(tenancy);
        if (endpoint == null) {
            return PrefixUse.NONE;
        }
        var scheme = endpoint.scheme();
        var own = scheme == null ? null : keys.of(scheme);
        if (own == null || own.blocks() == 0 || endpoint.ofGroupsOnly()) {
            var some = keys.first(ANY_PROMPT);
            return some == null
                    ? PrefixUse.NONE
                    : new SentPrompt(this, endpoint, some.promptTokens(), endpoint.begin(), null, 0);
        }
        var request = endpoint.begin();
        var path =
                endpoint.paths().sent(root(namespace, own.scheme()), own.keys(), own.blocks(), !endpoint.hasGroups());
        return new SentPrompt(
                this, endpoint, own.promptTokens(), request, path, own.scheme().blockTokens());
    }

    @Override
    public void capacity(long tenancy, long tokens) {}

    @Override
    public void restarted(long tenancy) {
        each(tenancy, EngineCache::cleared);
        restarts(tenancy);
    }

    /** Each rank for itself: another may not have told of it yet. */
    @Override
    public void restartedSince(long tenancy, long sinceNanos) {
        each(tenancy, cache -> cache.clearedSince(sinceNanos));
    }

    @Override
    public void removed(long tenancy) {
        each(tenancy, EngineCache::close);
        var endpoint = followed.known(tenancy);
        if (endpoint != null) {
            endpoint.left();
            speculation.index().clear(Tenancy.ordinal(tenancy));
        }
    }

    private void each(long tenancy, Consumer<EngineCache> told) {
        caches.of(tenancy).forEach(told);
    }

    @Override
    public void sweep() {
        for (int o = 0; speculation.any() && o < followed.length(); o++) {
            var endpoint = followed.at(o);
            if (endpoint != null) {
                endpoint.paths().settle();
            }
        }
    }

    @Override
    public List<ViewStats> stats() {
        return List.of(new ViewStats(PrefixSource.PRECISE, index.stats(), 0, 0));
    }

    @Override
    public long failures() {
        return index.failures() + speculation.index().failures();
    }

    /** Tokens of the largest blocks that any engine has. */
    int largestBlock() {
        return caches.asked().largestBlock();
    }

    /** What the engine of an endpoint found is known, beside what was predicted of it. */
    void compared(Prediction outcome, long tenancy, int predictedTokens, int cachedTokens) {
        predictions.add(outcome);
        // what its events did not tell of is not theirs to be right about
        if (predictedTokens > 0 && outcome != Prediction.NOT_STORED_YET) {
            accuracy.observe(Tenancy.ordinal(tenancy), predictedTokens, cachedTokens);
        }
    }

    /** How often engines reported that of what was predicted. */
    public long count(Prediction outcome) {
        return predictions.of(outcome);
    }

    /** How often engines told that of what was sent to them, by its code. */
    long count(String confirmation) {
        return speculation.count(confirmation);
    }

    /** Declares how its predictions did. */
    public void describePredictions(MetricSink sink) {
        predictions.describe(sink);
        speculation.describe(sink);
    }
}
