package io.kvasir.prefix;

import java.util.HashMap;
import java.util.Map;

/** Which caches know blocks by the same hashes, so that each is kept once for all of them. With the index' lock. */
final class HashSpaces {
    private final EventIndex index;
    private final Map<Integer, Integer> users = new HashMap<>();
    private final Map<Integer, Integer> byHashing = new HashMap<>();

    HashSpaces(EventIndex index) {
        this.index = index;
    }

    /**
     * A cache takes part in a space: a known one, or that of all who hash so, or one of its own.
     *
     * @param known of a cache that knows a block by the same hash; negative for none
     * @param hashing how it hashes, from 1; else not known
     */
    int joined(int known, int hashing) {
        Integer same = hashing > 0 ? byHashing.get(hashing) : null;
        int wanted = same == null ? known : same;
        // a space that nobody takes part in any more is being given up
        int space = users.containsKey(wanted) ? wanted : index.takeSpace();
        if (hashing > 0) {
            byHashing.put(hashing, space);
        }
        users.merge(space, 1, Integer::sum);
        return space;
    }

    /** It takes no part any more; the space if it was the last, else -1. */
    int left(int space) {
        return space >= 0 && users.merge(space, -1, (had, less) -> had + less == 0 ? null : had + less) == null
                ? space
                : -1;
    }
}
