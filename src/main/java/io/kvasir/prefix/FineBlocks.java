package io.kvasir.prefix;

import java.util.Arrays;

/**
 * Blocks of one engine of which several make one finest block of ours: it is held while all of them are. For changes of the
 * index.
 */
final class FineBlocks {
    private static final int NONE = -1;
    private static final int FINEST = TokenKeys.FINEST;
    private static final int[] NOBODY = {};

    private final EventIndex index;
    private final int size;
    private final int each;
    private final LongIntMap nodes = new LongIntMap();
    private int[] parent = new int[64];
    private int[] child = new int[64];
    private int[] sibling = new int[64];
    private int[] depth = new int[64];
    private boolean[] gone = new boolean[64];
    /** The key of the last finest block that ends with the node or before it. */
    private long[] key = new long[64];

    /** What its finest block depends on besides its ids, up to the node; of none before the first that does. */
    private long[] extras = {};

    private long[] root = new long[64];
    private long[] hash = new long[64];
    private int[] tokens;
    private final int[] ids = new int[FINEST];
    private final long[] made = new long[1];
    private final long[] name = new long[1];
    private int free = NONE;
    private int high;
    private int live;

    /** @param size a divisor of 16 */
    FineBlocks(EventIndex index, int size) {
        this.index = index;
        this.size = size;
        each = FINEST / size;
        tokens = new int[64 * size];
    }

    StoredOutcome store(long rootOfPath, int lane, StoredBlocks blocks) {
        int at = NONE;
        long ofRoot = rootOfPath;
        if (blocks.hasParent()) {
            at = nodes.get(blocks.parent());
            if (at < 0) {
                return StoredOutcome.ORPHAN;
            }
            ofRoot = root[at];
        }
        for (int i = 0; i < blocks.count(); i++) {
            int node = nodes.get(blocks.hashes()[i]);
            if (node < 0) {
                if (!index.takeSmall()) {
                    return StoredOutcome.FULL;
                }
                live++;
                long[] besides = blocks.extras();
                node = add(blocks.hashes()[i], at, ofRoot, blocks.tokens(), i * size, besides == null ? 0 : besides[i]);
            }
            boolean back = gone[node];
            gone[node] = false;
            var stored =
                    depth[node] % each == 0 ? hold(node, lane) : back ? holdBelow(node, lane) : StoredOutcome.STORED;
            if (stored != StoredOutcome.STORED) {
                return stored;
            }
            at = node;
        }
        return StoredOutcome.STORED;
    }

    /** Nothing is held any more, and nothing else will be. */
    void close() {
        index.giveBackSmall(live);
        live = 0;
    }

    private int add(long itsHash, int above, long ofRoot, int[] from, int start, long itsExtras) {
        int node = free;
        if (node == NONE) {
            if (high == parent.length) {
                grow();
            }
            node = high++;
        } else {
            free = sibling[node];
        }
        parent[node] = above;
        child[node] = NONE;
        sibling[node] = NONE;
        if (above >= 0) {
            sibling[node] = child[above];
            child[above] = node;
        }
        depth[node] = above < 0 ? 1 : depth[above] + 1;
        root[node] = ofRoot;
        hash[node] = itsHash;
        gone[node] = false;
        System.arraycopy(from, start, tokens, node * size, size);
        nodes.put(itsHash, node);
        long before = above < 0 ? TokenKeys.SEED : key[above];
        long besides = extras(node, itsExtras);
        key[node] = depth[node] % each == 0
                ? TokenKeys.with(TokenKeys.behind(before, ids(node), 0, FINEST), besides)
                : before;
        return node;
    }

    /** What the finest block depends on besides, up to the node: in which of its blocks counts; 0 for nothing. */
    private long extras(int node, long own) {
        if (own != 0 && extras.length == 0) {
            extras = new long[parent.length];
        }
        if (extras.length == 0) {
            return 0;
        }
        int place = (depth[node] - 1) % each;
        long before = place == 0 ? 0 : extras[parent[node]];
        extras[node] = own == 0 ? before : ChunkChain.link(before + place, own);
        return extras[node];
    }

    /** Of the finest block that ends with the node. */
    private int[] ids(int last) {
        int node = last;
        for (int i = each - 1; i >= 0; i--) {
            System.arraycopy(tokens, node * size, ids, i * size, size);
            node = parent[node];
        }
        return ids;
    }

    private void grow() {
        int capacity = 2 * high;
        parent = Arrays.copyOf(parent, capacity);
        child = Arrays.copyOf(child, capacity);
        sibling = Arrays.copyOf(sibling, capacity);
        depth = Arrays.copyOf(depth, capacity);
        gone = Arrays.copyOf(gone, capacity);
        key = Arrays.copyOf(key, capacity);
        root = Arrays.copyOf(root, capacity);
        extras = extras.length == 0 ? extras : Arrays.copyOf(extras, capacity);
        hash = Arrays.copyOf(hash, capacity);
        tokens = Arrays.copyOf(tokens, capacity * size);
    }

    /** The finest block that ends with the node is held, if all of it is there. */
    private StoredOutcome hold(int last, int lane) {
        int node = last;
        for (int i = 0; i < each; i++) {
            if (gone[node]) {
                return StoredOutcome.STORED;
            }
            node = parent[node];
        }
        long before = node < 0 ? 0 : name(root[last], key[node]);
        made[0] = key[last];
        name[0] = name(root[last], key[last]);
        var stored =
                index.store(root[last], EventIndex.OWN_KEYS, lane, NONE, node >= 0, before, name, 1, (_, _) -> made);
        return switch (stored) {
            case STORED -> StoredOutcome.STORED;
            case FULL -> StoredOutcome.FULL;
            case ORPHAN -> StoredOutcome.ORPHAN;
            case DISAGREEING -> StoredOutcome.CONTRADICTION;
        };
    }

    private StoredOutcome holdBelow(int node, int lane) {
        for (int next = child[node]; next != NONE; next = sibling[next]) {
            if (gone[next]) {
                continue;
            }
            var stored = depth[next] % each == 0 ? hold(next, lane) : holdBelow(next, lane);
            if (stored != StoredOutcome.STORED) {
                return stored;
            }
        }
        return StoredOutcome.STORED;
    }

    /** What stands for an engine's hash of a finest block. */
    private static long name(long ofRoot, long itsKey) {
        return ChunkChain.link(ofRoot, itsKey);
    }

    /** Returns how many hashes were not known. */
    int remove(int lane, long[] hashes, int n) {
        int unknown = 0;
        for (int i = 0; i < n; i++) {
            int node = nodes.get(hashes[i]);
            if (node < 0 || gone[node]) {
                unknown++;
                continue;
            }
            drop(node, lane);
            gone[node] = true;
            release(node);
        }
        return unknown;
    }

    /** The finest blocks that the node is in are not held. */
    private void drop(int node, int lane) {
        if (depth[node] % each == 0) {
            name[0] = name(root[node], key[node]);
            index.remove(EventIndex.OWN_KEYS, lane, NOBODY, name, 1);
            return;
        }
        for (int next = child[node]; next != NONE; next = sibling[next]) {
            drop(next, lane);
        }
    }

    /** Gives up what is gone and has nothing below. */
    private void release(int leaf) {
        int node = leaf;
        while (node != NONE && gone[node] && child[node] == NONE) {
            int above = parent[node];
            nodes.remove(hash[node]);
            live--;
            index.giveBackSmall(1);
            if (above != NONE) {
                if (child[above] == node) {
                    child[above] = sibling[node];
                } else {
                    int at = child[above];
                    while (sibling[at] != node) {
                        at = sibling[at];
                    }
                    sibling[at] = sibling[node];
                }
            }
            sibling[node] = free;
            free = node;
            node = above;
        }
    }
}
