package io.kvasir.prefix;

import io.kvasir.pool.Tenancy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Believes what it was told that engines hold, in blocks of each engine's own size, and nothing of engines that it was not
 * told of.
 */
public final class ToldView implements PrefixView {
    private final Map<Integer, Engine> engines = new ConcurrentHashMap<>();
    private volatile KeySchemes schemes = KeySchemes.NONE;
    private volatile boolean disturbed;
    /** What it heard, in order. */
    public final List<String> heard = new ArrayList<>();

    private record Engine(long tenancy, KeyScheme scheme, float confidence, Map<Long, CacheTier> held) {}

    /** An engine with such blocks, which holds nothing yet. */
    public void engine(long tenancy, int blockTokens, float confidence) {
        var scheme = new KeyScheme.Tokens(blockTokens);
        engines.put(Tenancy.ordinal(tenancy), new Engine(tenancy, scheme, confidence, new ConcurrentHashMap<>()));
        schemes = schemes.and(KeySchemes.of(scheme));
    }

    /** An engine stored the first blocks of a prompt. */
    public void stored(long namespace, int ordinal, CacheTier tier, int... ids) {
        var engine = Objects.requireNonNull(engines.get(ordinal));
        var keys = KeyedPrompts.of(KeySchemes.of(engine.scheme), sink -> KeyedPrompts.tokens(sink, ids));
        for (long key : KeyedPrompts.by(engine.scheme, keys)) {
            engine.held.putIfAbsent(ChunkChain.link(namespace, key), tier);
        }
    }

    /** Whether what engines hold keeps changing while it is looked up. */
    public void disturbed(boolean now) {
        disturbed = now;
    }

    @Override
    public KeySchemes schemes() {
        return schemes;
    }

    @Override
    public void match(long namespace, PromptKeys keys, int endpoints, PrefixMatches answer) {
        answer.reset(endpoints);
        answer.conclude(PrefixMatches.Outcome.NO_KEYS, 0, PrefixSource.PRECISE);
        if (disturbed) {
            engines.keySet().forEach(answer::disturb);
            answer.conclude(PrefixMatches.Outcome.CONTENDED, 0, PrefixSource.PRECISE);
            return;
        }
        engines.forEach((ordinal, engine) -> {
            var own = keys.of(engine.scheme);
            if (own != null && own.blocks() > 0 && ordinal < endpoints) {
                match(namespace, own, ordinal, engine, answer);
                answer.conclude(PrefixMatches.Outcome.ANSWERED, own.promptTokens(), PrefixSource.PRECISE);
            }
        });
    }

    private static void match(long namespace, BlockKeys own, int ordinal, Engine engine, PrefixMatches answer) {
        int[] blocks = new int[CacheTier.values().length];
        int leading = 0;
        for (; leading < own.blocks(); leading++) {
            var tier = engine.held.get(ChunkChain.link(namespace, own.keys()[leading]));
            if (tier == null) {
                break;
            }
            blocks[tier.ordinal()]++;
        }
        answer.tokens()[ordinal] = own.tokens(leading);
        answer.confidence()[ordinal] = engine.confidence;
        answer.further(ordinal, own.tokens(blocks[1]), own.tokens(blocks[2]));
    }

    @Override
    public PrefixUse routed(long namespace, PromptKeys keys, long tenancy, int reservedTokens) {
        heard.add("routed " + tenancy);
        return new PrefixUse() {
            @Override
            public @Nullable Prediction observed(PrefixSource predictor, int predictedTokens, int cachedTokens) {
                heard.add("observed " + predictor + " " + predictedTokens + " " + cachedTokens);
                return null;
            }

            @Override
            public void finished(int outputTokens) {
                heard.add("finished " + outputTokens);
            }

            @Override
            public void withdrawn() {
                heard.add("withdrawn");
            }
        };
    }

    @Override
    public void capacity(long tenancy, long tokens) {
        heard.add("capacity " + tenancy + " " + tokens);
    }

    @Override
    public void restarted(long tenancy) {
        var engine = engines.get(Tenancy.ordinal(tenancy));
        if (engine != null && engine.tenancy == tenancy) {
            engine.held.clear();
        }
    }

    @Override
    public void removed(long tenancy) {
        engines.computeIfPresent(Tenancy.ordinal(tenancy), (_, engine) -> engine.tenancy == tenancy ? null : engine);
    }

    @Override
    public void sweep() {
        heard.add("sweep");
    }

    @Override
    public List<ViewStats> stats() {
        long blocks = engines.values().stream()
                .mapToLong(engine -> engine.held.size())
                .sum();
        return List.of(new ViewStats(PrefixSource.PRECISE, new PrefixIndex.Stats(blocks, blocks, 0, 0, 0, 0), 0, 0));
    }

    @Override
    public long failures() {
        return 0;
    }
}
