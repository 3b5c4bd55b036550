package io.kvasir.kvevents.wire;

import org.jspecify.annotations.Nullable;

/**
 * One event of an engine about blocks of its KV cache. Filled again and again by a {@link KvEventDecoder}: valid, with its
 * arrays, until the decoder goes on.
 */
public final class KvEvent {
    /** What happened. */
    public enum Kind {
        /** Blocks can be found from now on. */
        STORED,
        /** Blocks can be found no more. */
        REMOVED,
        /** No block can be found. */
        CLEARED
    }

    /** What the layers of a group attend to, as the engine says it ({@code kv_cache_spec_kind}). */
    public enum Layers {
        /** Everything before: a prefix needs all of its blocks. */
        ALL,
        /** So many tokens before, {@link #window}: a prefix needs its last blocks. */
        WINDOW,
        /** A state: a prefix needs the block that has the state at its end. */
        STATE,
        /** The engine does not say: one that has one group only, or is older. */
        UNTOLD,
        /** Something that is not known here. */
        UNKNOWN
    }

    Kind kind = Kind.CLEARED;
    long[] hashes = new long[64];
    int count;
    boolean hasParent;
    long parent;
    int[] tokens = new int[1024];
    int tokenCount;
    int blockSize;
    Medium medium = Medium.GPU;

    @Nullable
    String adapter;

    @Nullable
    String salt;

    long[] extras = new long[64];
    boolean hasExtras;
    int group;
    Layers layers = Layers.UNTOLD;
    int window;

    void clear(Kind newKind) {
        kind = newKind;
        count = 0;
        hasParent = false;
        parent = 0;
        tokenCount = 0;
        blockSize = 0;
        medium = Medium.GPU;
        adapter = null;
        salt = null;
        hasExtras = false;
        group = -1;
        layers = Layers.UNTOLD;
        window = 0;
    }

    public Kind kind() {
        return kind;
    }

    /** The engine's hashes, each 64 bits of it, in the order of the prompt; valid up to {@link #count}. */
    public long[] hashes() {
        return hashes;
    }

    /** Blocks. */
    public int count() {
        return count;
    }

    /** Whether another block comes before the first; else it begins a prompt. Of stored blocks only, as all that follows. */
    public boolean hasParent() {
        return hasParent;
    }

    /** Hash of the block before the first. */
    public long parent() {
        return parent;
    }

    /** Token ids of all blocks, one after the other; valid up to {@link #tokenCount}. */
    public int[] tokens() {
        return tokens;
    }

    /** 0 where the engine names blocks by their hashes only. */
    public int tokenCount() {
        return tokenCount;
    }

    /** Tokens of a block; 0 where the engine does not say. */
    public int blockSize() {
        return blockSize;
    }

    /** Where the blocks are, or were. */
    public Medium medium() {
        return medium;
    }

    /** Name of the LoRA adapter; null for none. */
    public @Nullable String adapter() {
        return adapter;
    }

    /** The {@code cache_salt}, which is told with the block that begins a prompt; null for none. */
    public @Nullable String salt() {
        return salt;
    }

    /** Whether {@link #extras} counts. */
    public boolean hasExtras() {
        return hasExtras;
    }

    /** By block, a digest of what it depends on besides tokens, adapter and salt: pictures, embeddings. 0 for nothing. */
    public long[] extras() {
        return extras;
    }

    /** Of a model with several groups of layers, the blocks' group; -1 where the engine does not say. */
    public int group() {
        return group;
    }

    /** What layers of the group attend to; of stored blocks only. */
    public Layers layers() {
        return layers;
    }

    /** Tokens of a sliding window; 0 where the engine does not say. */
    public int window() {
        return window;
    }
}
