package io.kvasir.prefix;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** An engine's cache as a plain map, which tells an {@link EngineCache} what happens to it. */
final class ToldEngine {
    private record Block(@Nullable Long parent, int index, int[] prompt) {}

    final EngineCache cache;
    final int size;
    private final long seed;
    private final Map<Long, Block> held = new HashMap<>();

    ToldEngine(EngineCache cache, int size, long seed) {
        this.cache = cache;
        this.size = size;
        this.seed = seed;
    }

    /** Chained over all tokens up to the block's end. */
    long hash(int[] prompt, int block) {
        long hash = seed * 0x9E3779B97F4A7C15L;
        for (int i = 0; i < (block + 1) * size; i++) {
            hash = Long.rotateLeft(hash * 0xD6E8FEB86659FD93L ^ prompt[i], 23) * 0x9FB21C651E98DF25L;
        }
        return hash;
    }

    int held() {
        return held.size();
    }

    /** Stores the blocks from {@code from}, which follows a held one, to {@code to} - 1. */
    StoredOutcome store(int[] prompt, int from, int to) {
        long[] hashes = new long[to - from];
        for (int i = from; i < to; i++) {
            hashes[i - from] = hash(prompt, i);
            held.put(hashes[i - from], new Block(i == 0 ? null : hash(prompt, i - 1), i, prompt));
        }
        return cache.stored(new StoredBlocks(
                CacheTier.GPU,
                from > 0,
                from > 0 ? hash(prompt, from - 1) : 0,
                hashes,
                hashes.length,
                Arrays.copyOfRange(prompt, from * size, to * size),
                hashes.length * size,
                size,
                null,
                null,
                null));
    }

    /** Leading blocks of the prompt that it holds. */
    int leading(int[] prompt) {
        int n = 0;
        while ((n + 1) * size <= prompt.length && held.containsKey(hash(prompt, n))) {
            n++;
        }
        return n;
    }

    /** Takes some blocks away, wherever they are, and tells of them in events of several. */
    void removeSome(SplittableRandom random, int most) {
        var all = new ArrayList<>(held.keySet());
        var gone = new ArrayList<Long>();
        for (int i = 0; i < most && !all.isEmpty(); i++) {
            gone.add(all.remove(random.nextInt(all.size())));
        }
        tellRemoved(gone);
    }

    /** Takes the last so many blocks of a path, the last first or the first first. */
    void removeTail(int[] prompt, int blocks, boolean lastFirst) {
        int leading = leading(prompt);
        var gone = new ArrayList<Long>();
        for (int i = Math.max(0, leading - blocks); i < leading; i++) {
            gone.add(lastFirst ? gone.isEmpty() ? 0 : gone.size() : gone.size(), hash(prompt, i));
        }
        if (lastFirst) {
            gone = new ArrayList<>(gone.reversed());
        }
        tellRemoved(gone);
    }

    private void tellRemoved(List<Long> gone) {
        gone.forEach(held::remove);
        if (!gone.isEmpty()) {
            cache.removed(
                    CacheTier.GPU, gone.stream().mapToLong(Long::longValue).toArray(), gone.size());
        }
    }

    void clear() {
        held.clear();
        cache.cleared();
    }
}
