package io.kvasir.prefix;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * Caches by the schemes by which prompts are keyed to be looked for there. Does not change.
 *
 * @param schemes by which prompts are keyed for them
 * @param groups those that are asked by the same scheme
 */
@SuppressWarnings("ArrayRecordComponent") // made once, read only
record AskedCaches(KeySchemes schemes, Group[] groups) {
    static final AskedCaches NONE = new AskedCaches(KeySchemes.NONE, new Group[0]);

    /** Caches that are asked by the same scheme, those of one endpoint side by side. */
    @SuppressWarnings("ArrayRecordComponent") // made once, read only
    record Group(KeyScheme.Tokens scheme, CacheLookup[] caches) {}

    /** Those caches, by schemes that are the same object as before where they are equal. */
    AskedCaches of(Collection<CacheLookup> caches) {
        var byScheme = new LinkedHashMap<KeyScheme.Tokens, List<CacheLookup>>();
        for (CacheLookup cache : caches) {
            byScheme.computeIfAbsent(cache.scheme(), _ -> new ArrayList<>()).add(cache);
        }
        var made = byScheme.entrySet().stream()
                .limit(KeySchemes.MOST)
                .map(entry -> new Group(entry.getKey(), sorted(entry.getValue())))
                .toArray(Group[]::new);
        var all = new LinkedHashSet<KeyScheme>();
        for (Group group : made) {
            all.add(group.scheme);
        }
        for (Group group : made) {
            for (CacheLookup cache : group.caches) {
                if (all.size() < KeySchemes.MOST && !cache.grain().equals(group.scheme)) {
                    all.add(cache.grain());
                }
            }
        }
        var now = KeySchemes.of(all.toArray(KeyScheme[]::new));
        return new AskedCaches(schemes.equals(now) ? schemes : now, made);
    }

    private static CacheLookup[] sorted(List<CacheLookup> all) {
        return all.stream()
                .sorted(Comparator.comparingInt(CacheLookup::ordinal))
                .toArray(CacheLookup[]::new);
    }

    boolean isEmpty() {
        return groups.length == 0;
    }

    /** Tokens of the largest blocks that any engine has. */
    int largestBlock() {
        int most = TokenKeys.FINEST;
        for (Group group : groups) {
            most = Math.max(most, group.scheme.blockTokens());
        }
        return most;
    }
}
