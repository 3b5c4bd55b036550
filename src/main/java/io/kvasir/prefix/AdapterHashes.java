package io.kvasir.prefix;

import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The hashes of an engine whose blocks of different adapters may have one hash, made each adapter's own; those of other
 * engines are as they are. By one thread at a time.
 */
final class AdapterHashes {
    /** Adapters that are told apart. */
    private static final int MOST = 1_024;

    private final boolean aliases;
    private final Map<String, Long> marks = new HashMap<>();

    /** @param aliases whether blocks of different adapters may have one hash */
    AdapterHashes(boolean aliases) {
        this.aliases = aliases;
    }

    boolean aliases() {
        return aliases;
    }

    /** Whether blocks of the adapter can be told from others'; null for the model itself. */
    boolean tells(@Nullable String adapter) {
        return !aliases || adapter == null || marks.size() < MOST || marks.containsKey(adapter);
    }

    long of(long hash, @Nullable String adapter) {
        return aliases && adapter != null ? ChunkChain.link(mark(adapter), hash) : hash;
    }

    long[] of(StoredBlocks blocks) {
        if (!aliases || blocks.adapter() == null) {
            return blocks.hashes();
        }
        return of(mark(blocks.adapter()), blocks.hashes(), blocks.count());
    }

    /** Hashes as blocks of the adapter with that mark have them. */
    static long[] of(long mark, long[] hashes, int count) {
        long[] own = new long[count];
        Arrays.setAll(own, i -> ChunkChain.link(mark, hashes[i]));
        return own;
    }

    /** Of the adapters that were told of. */
    Collection<Long> marks() {
        return marks.values();
    }

    private long mark(String adapter) {
        return marks.computeIfAbsent(adapter, name -> PrefixNamespace.of(name, null, null));
    }

    /** No adapter was told of. */
    void forget() {
        marks.clear();
    }
}
