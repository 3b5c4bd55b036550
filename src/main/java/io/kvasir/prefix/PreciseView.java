package io.kvasir.prefix;

import io.kvasir.metric.MetricSink;
import io.kvasir.pool.Tenancy;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

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

    /** What must be known of an endpoint's history before it is held against it that it did not tell of something. */
    private static final float JUDGED_FROM = 0.5f;

    /** Bytes of the heap for each block that there may be: blocks, of some 30 bytes, are to take half of it at most. */
    private static final int HEAP_BYTES = 64;

    /** Caches that are asked by the same scheme, those of one endpoint side by side. */
    private record Group(KeyScheme.Tokens scheme, EngineCache.Lookup[] caches) {}

    private record Snapshot(KeySchemes schemes, Group[] groups) {}

    private final EventIndex index;
    private final Speculation speculation;
    private final PathLookup lookup;
    private final ReuseAccuracy accuracy;
    private final AtomicReferenceArray<@Nullable FollowedEndpoint> followed;
    private final List<EngineCache> caches = new ArrayList<>();
    private final Map<Integer, Integer> usersOfSpaces = new HashMap<>();
    private final Map<Integer, Integer> spacesByHashing = new HashMap<>();
    private final AtomicLongArray predictions = new AtomicLongArray(Prediction.values().length);
    private volatile Snapshot snapshot = new Snapshot(KeySchemes.NONE, new Group[0]);

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
        lookup = new PathLookup(index, speculation);
        accuracy = new ReuseAccuracy(endpoints, 1);
        followed = new AtomicReferenceArray<>(endpoints);
    }

    /**
     * Begins to follow one rank of an endpoint.
     *
     * @param model by whose name requests ask for what has no adapter
     * @param aliases whether blocks of different adapters may have one hash, as SGLang's have
     */
    public EngineCache cache(long tenancy, int rank, String model, boolean aliases) {
        var cache = new EngineCache(this, index, tenancy, rank, model, aliases);
        synchronized (caches) {
            caches.add(cache);
        }
        var _ = of(tenancy);
        restarts(tenancy);
        changed();
        return cache;
    }

    private @Nullable FollowedEndpoint of(long tenancy) {
        int ordinal = Tenancy.ordinal(tenancy);
        if (ordinal >= followed.length()) {
            return null;
        }
        while (true) {
            var now = followed.get(ordinal);
            if (now != null && now.tenancy() >= tenancy) {
                return now.tenancy() == tenancy ? now : null;
            }
            var next = new FollowedEndpoint(tenancy, lookup, speculation);
            if (followed.compareAndSet(ordinal, now, next)) {
                accuracy.forget(ordinal);
                return next;
            }
        }
    }

    private @Nullable FollowedEndpoint known(long tenancy) {
        int ordinal = Tenancy.ordinal(tenancy);
        var now = ordinal < followed.length() ? followed.get(ordinal) : null;
        return now != null && now.tenancy() == tenancy ? now : null;
    }

    /**
     * How much of an endpoint's history is known, from 0 (events are missing, or nobody listens) to 1. From any thread.
     */
    public void coverage(long tenancy, float share) {
        // requests to an endpoint that never told anything are not kept account of
        var endpoint = share > 0 ? of(tenancy) : known(tenancy);
        if (endpoint != null) {
            endpoint.covered(share);
            endpoint.paths().settleSoon();
        }
    }

    /** It told of blocks that it holds, which are in the index now. */
    void stored(long tenancy) {
        var endpoint = known(tenancy);
        if (endpoint != null) {
            endpoint.stored();
        }
    }

    /** Somebody listens to an endpoint from now on; that nothing was heard of it before proves nothing. From any thread. */
    public void listened(long tenancy) {
        var endpoint = known(tenancy);
        if (endpoint != null) {
            endpoint.listened();
        }
    }

    /** How sure it is of what it says about an endpoint, 0 to 1. */
    public float confidence(long tenancy) {
        var endpoint = known(tenancy);
        return endpoint == null ? 0 : confidence(endpoint);
    }

    private float confidence(FollowedEndpoint endpoint) {
        return endpoint.isSilent() || endpoint.blindness().isBlind()
                ? 0
                : endpoint.coverage() * accuracy.confidence(Tenancy.ordinal(endpoint.tenancy()));
    }

    /** Whether the endpoint computes new blocks and tells of none. */
    public boolean silent(long tenancy) {
        var endpoint = known(tenancy);
        return endpoint != null && endpoint.isSilent();
    }

    /** Whether the endpoint finds prompts in its cache of which its events tell nothing that matches. */
    public boolean unmatched(long tenancy) {
        var endpoint = known(tenancy);
        return endpoint != null && endpoint.blindness().isUnmatched();
    }

    /** Whether the endpoint's events do not tell of the prompts that are sent there. */
    public boolean unconfirmed(long tenancy) {
        var endpoint = known(tenancy);
        return endpoint != null && endpoint.blindness().isUnconfirmed();
    }

    /** It is about to tell of blocks that are gone. */
    void removes(long tenancy) {
        var endpoint = known(tenancy);
        if (endpoint != null) {
            endpoint.removing();
        }
    }

    /** Nothing of what it held is there, or is known to be. */
    void clears(long tenancy) {
        var endpoint = known(tenancy);
        if (endpoint != null) {
            endpoint.cleared();
        }
    }

    /** Another process has its cache. */
    void restarts(long tenancy) {
        var endpoint = known(tenancy);
        if (endpoint != null) {
            endpoint.restarted();
        }
    }

    /** By the clock of what was sent, in ns. */
    long now() {
        return speculation.now();
    }

    /** Its blocks are of fewer tokens than it is asked by. */
    void small(long tenancy) {
        var endpoint = known(tenancy);
        if (endpoint != null) {
            endpoint.small();
        }
    }

    /** Where paths of a namespace begin, of blocks of that scheme. */
    static long root(long namespace, KeyScheme scheme) {
        return ChunkChain.link(namespace, scheme.blockTokens());
    }

    /** A cache can be looked up otherwise than before. */
    void changed() {
        synchronized (caches) {
            var byScheme = new LinkedHashMap<KeyScheme.Tokens, List<EngineCache.Lookup>>();
            var byTenancy = new HashMap<Long, List<EngineCache.Lookup>>();
            for (EngineCache cache : caches) {
                var lookup = cache.lookup();
                if (lookup != null && lookup.ordinal() < followed.length()) {
                    byScheme.computeIfAbsent(lookup.scheme(), _ -> new ArrayList<>())
                            .add(lookup);
                    byTenancy
                            .computeIfAbsent(cache.tenancy(), _ -> new ArrayList<>())
                            .add(lookup);
                }
            }
            byTenancy.forEach((tenancy, ranks) -> {
                var endpoint = known(tenancy);
                if (endpoint != null) {
                    endpoint.ranks(ranks.toArray(EngineCache.Lookup[]::new));
                }
            });
            var groups = byScheme.entrySet().stream()
                    .limit(KeySchemes.MOST)
                    .map(entry -> new Group(entry.getKey(), sorted(entry.getValue())))
                    .toArray(Group[]::new);
            var schemes = new LinkedHashSet<KeyScheme>();
            for (Group group : groups) {
                schemes.add(group.scheme);
            }
            for (Group group : groups) {
                for (EngineCache.Lookup cache : group.caches) {
                    if (schemes.size() < KeySchemes.MOST) {
                        schemes.add(cache.grain());
                    }
                }
            }
            var made = KeySchemes.of(schemes.toArray(KeyScheme[]::new));
            var before = snapshot;
            snapshot = new Snapshot(before.schemes.equals(made) ? before.schemes : made, groups);
        }
    }

    private static EngineCache.Lookup[] sorted(List<EngineCache.Lookup> all) {
        return all.stream()
                .sorted(Comparator.comparingInt(EngineCache.Lookup::ordinal))
                .toArray(EngineCache.Lookup[]::new);
    }

    void closed(EngineCache cache) {
        synchronized (caches) {
            caches.remove(cache);
            var endpoint = known(cache.tenancy());
            if (endpoint != null) {
                // those that are left are put there again
                endpoint.ranks(new EngineCache.Lookup[0]);
            }
        }
        changed();
    }

    /** Takes part in a space: a known one, or that of all who hash so, or one of its own. With the index' lock. */
    int joined(int known, int hashing) {
        Integer same = hashing > 0 ? spacesByHashing.get(hashing) : null;
        int wanted = same == null ? known : same;
        // a space that nobody takes part in any more is being given up
        int space = usersOfSpaces.containsKey(wanted) ? wanted : index.takeSpace();
        if (hashing > 0) {
            spacesByHashing.put(hashing, space);
        }
        usersOfSpaces.merge(space, 1, Integer::sum);
        return space;
    }

    /** Takes no part any more; the space if it was the last, else -1. With the index' lock. */
    int left(int space) {
        return space >= 0 && usersOfSpaces.merge(space, -1, (had, less) -> had + less == 0 ? null : had + less) == null
                ? space
                : -1;
    }

    @Override
    public boolean knowsAny() {
        return snapshot.groups.length > 0;
    }

    @Override
    public boolean wantsTokens() {
        return knowsAny();
    }

    @Override
    public KeySchemes schemes() {
        return snapshot.schemes;
    }

    @Override
    public void match(long namespace, PromptKeys keys, int endpoints, PrefixMatches answer) {
        answer.reset(endpoints);
        var now = snapshot;
        var outcome = PrefixMatches.Outcome.NO_KEYS;
        long promptTokens = 0;
        for (Group group : now.groups) {
            var own = keys.of(group.scheme);
            if (own == null) {
                continue;
            }
            promptTokens = own.promptTokens();
            if (!match(namespace, keys, own, group, endpoints, answer)) {
                outcome = PrefixMatches.Outcome.CONTENDED;
            } else if (outcome == PrefixMatches.Outcome.NO_KEYS) {
                outcome = PrefixMatches.Outcome.ANSWERED;
            }
        }
        answer.conclude(outcome, promptTokens, PrefixSource.PRECISE);
    }

    private boolean match(
            long namespace, PromptKeys keys, BlockKeys own, Group group, int endpoints, PrefixMatches answer) {
        long root = root(namespace, group.scheme);
        var room = lookup.told(root, own.keys(), own.blocks());
        if (room == null) {
            return false;
        }
        lookup.sent(root, own, Math.min(endpoints, followed.length()), room);
        var caches = group.caches;
        int from = 0;
        while (from < caches.length) {
            int to = from + 1;
            while (to < caches.length && caches[to].ordinal() == caches[from].ordinal()) {
                to++;
            }
            if (caches[from].ordinal() < endpoints) {
                answer(root, keys, own, caches, from, to, room, answer);
            }
            from = to;
        }
        return true;
    }

    /** Of an endpoint's ranks the best counts, as sure as a rank is to hold as much. */
    private void answer(
            long root,
            PromptKeys keys,
            BlockKeys own,
            EngineCache.Lookup[] caches,
            int from,
            int to,
            PathLookup.Room room,
            PrefixMatches answer) {
        int ordinal = caches[from].ordinal();
        var endpoint = followed.get(ordinal);
        if (endpoint == null) {
            return;
        }
        int most = -1;
        long sum = 0;
        for (int c = from; c < to; c++) {
            var cache = caches[c];
            // the last token is always computed, and with it its block
            long bound = Math.max(0, own.promptTokens() - 1) / cache.blockSize() * cache.blockSize();
            int gpu = tokens(own, cache.gpu(), room.byLane, bound);
            int all = cache.any() < 0 ? gpu : tokens(own, cache.any(), room.byLane, bound);
            if (cache.groups() != null) {
                int known = cache.ofGroupsOnly() ? (int) bound : all;
                all = served(root, keys, cache, known, cache.any() >= 0);
                gpu = cache.any() < 0 ? all : served(root, keys, cache, gpu, false);
                if (all < 0 || gpu < 0) {
                    return;
                }
            }
            sum += all;
            if (all > most) {
                most = all;
                int further = all - Math.min(gpu, all);
                if (cache.any() >= 0) {
                    answer.further(ordinal, cache.hasHost() ? further : 0, cache.hasHost() ? 0 : further);
                }
            }
        }
        int size = caches[from].blockSize();
        long bound = Math.max(0, own.promptTokens() - 1) / size * size;
        int sent = (int) Math.min(own.tokens(room.sent[ordinal]), bound);
        if (sent > most) {
            // the rank that it was sent to will hold all of that near
            sum += sent - most;
            most = sent;
            if (caches[from].any() >= 0) {
                answer.further(ordinal, 0, 0);
            }
        }
        float share = most == 0 ? 1 : (float) sum / ((float) most * (to - from));
        answer.tokens()[ordinal] = most;
        answer.confidence()[ordinal] = share * confidence(endpoint);
    }

    /** What layers that do not attend to everything leave of so many tokens; -1 where that cannot be said now. */
    private static int served(long root, PromptKeys keys, EngineCache.Lookup cache, int most, boolean anywhere) {
        var groups = cache.groups();
        var own = keys.of(cache.grain());
        if (groups == null || own == null) {
            return groups == null ? most : -1;
        }
        return groups.longest(
                EventIndex.path(root),
                own.keys(),
                cache.grain().blockTokens(),
                Math.min(most, own.tokens(own.blocks())),
                anywhere);
    }

    private static int tokens(BlockKeys own, int lane, int[] byLane, long most) {
        return (int) Math.min(own.tokens(PathLookup.blocks(lane, byLane)), most);
    }

    @Override
    public PrefixUse routed(long namespace, PromptKeys keys, long tenancy, int reservedTokens) {
        var endpoint = known(tenancy);
        if (endpoint == null) {
            return PrefixUse.NONE;
        }
        var scheme = endpoint.scheme();
        var own = scheme == null ? null : keys.of(scheme);
        if (own == null || own.blocks() == 0 || endpoint.ofGroupsOnly()) {
            var some = keys.first(ANY_PROMPT);
            return some == null ? PrefixUse.NONE : new Placed(endpoint, some.promptTokens(), endpoint.begin(), null, 0);
        }
        var request = endpoint.begin();
        var path =
                endpoint.paths().sent(root(namespace, own.scheme()), own.keys(), own.blocks(), !endpoint.hasGroups());
        return new Placed(
                endpoint, own.promptTokens(), request, path, own.scheme().blockTokens());
    }

    /** Tokens of the largest blocks that any engine has. */
    private int largest() {
        int most = TokenKeys.FINEST;
        for (Group group : snapshot.groups) {
            most = Math.max(most, group.scheme.blockTokens());
        }
        return most;
    }

    private final class Placed implements PrefixUse {
        private final FollowedEndpoint endpoint;
        private final long promptTokens;
        /** Null where the tokens of the prompt are not known, or are fewer than a block. */
        private final SentPaths.@Nullable Path path;

        private final int blockTokens;
        private final FollowedEndpoint.Request request;
        private boolean observed;

        Placed(
                FollowedEndpoint endpoint,
                long promptTokens,
                FollowedEndpoint.Request request,
                SentPaths.@Nullable Path path,
                int blockTokens) {
            this.endpoint = endpoint;
            this.promptTokens = promptTokens;
            this.path = path;
            this.blockTokens = blockTokens;
            this.request = request;
        }

        @Override
        public @Nullable Prediction observed(PrefixSource predictor, int predictedTokens, int cachedTokens) {
            observed = true;
            int least = 2 * largest();
            if (promptTokens - cachedTokens > least) {
                endpoint.computed(FollowedEndpoint.PROVEN_WEIGHT, request);
            }
            if (predictor != PrefixSource.PRECISE) {
                endpoint.blindness().passedOver();
                return null;
            }
            endpoint.blindness().observe(known(predictedTokens), cachedTokens, least);
            int whole = endpoint.isSmall() ? cachedTokens / TokenKeys.FINEST * TokenKeys.FINEST : cachedTokens;
            var outcome = Prediction.of(predictedTokens, whole, endpoint.since(request));
            predictions.incrementAndGet(outcome.ordinal());
            // what its events did not tell of is not theirs to be right about
            if (predictedTokens > 0 && outcome != Prediction.NOT_STORED_YET) {
                accuracy.observe(Tenancy.ordinal(endpoint.tenancy()), predictedTokens, cachedTokens);
            }
            return outcome;
        }

        /** What was found there was told of before: what is believed without a word of the engine does not count. */
        private int known(int predictedTokens) {
            int blocks = path == null ? -1 : path.told();
            return blocks < 0 ? predictedTokens : Math.min(predictedTokens, blocks * blockTokens);
        }

        @Override
        public void finished(int outputTokens) {
            endpoint.end();
            boolean worthwhile = promptTokens > 2L * largest();
            if (!observed && worthwhile) {
                endpoint.computed(FollowedEndpoint.UNPROVEN_WEIGHT, request);
            }
            if (path != null) {
                path.ended(worthwhile && endpoint.coverage() >= JUDGED_FROM);
            }
        }

        @Override
        public void withdrawn() {
            endpoint.end();
            if (path != null) {
                path.withdrawn();
            }
        }
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
        var endpoint = known(tenancy);
        if (endpoint != null) {
            endpoint.left();
            speculation.index().clear(Tenancy.ordinal(tenancy));
        }
    }

    private void each(long tenancy, Consumer<EngineCache> told) {
        List<EngineCache> own;
        synchronized (caches) {
            own = caches.stream().filter(cache -> cache.tenancy() == tenancy).toList();
        }
        own.forEach(told);
    }

    @Override
    public void sweep() {
        for (int o = 0; speculation.any() && o < followed.length(); o++) {
            var endpoint = followed.get(o);
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

    /** How often engines reported that of what was predicted. */
    public long count(Prediction outcome) {
        return predictions.get(outcome.ordinal());
    }

    /** How often engines told that of what was sent to them, by its code. */
    long count(String confirmation) {
        return speculation.count(confirmation);
    }

    /** Declares how its predictions did. */
    public void describePredictions(MetricSink sink) {
        sink.counters(
                "kvasir_prefix_predictions",
                "Predictions of the precise view beside what engines reported, by how they compare.",
                "outcome",
                Prediction.values(),
                Prediction::code,
                this::count);
        speculation.describe(sink);
    }
}
