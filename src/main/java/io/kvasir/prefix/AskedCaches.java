package io.kvasir.prefix;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

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

    /**
     * The same with some caches of one endpoint asked otherwise, each by the scheme as before; null where that is not so.
     *
     * @param before how each is asked here
     * @param now how each is asked from now on, in the same order
     */
    @Nullable
    AskedCaches replaced(List<CacheLookup> before, List<CacheLookup> now) {
        if (before.isEmpty() || before.size() != now.size()) {
            return null;
        }
        var all = groups.clone();
        boolean[] own = new boolean[all.length];
        for (int i = 0; i < before.size(); i++) {
            var old = before.get(i);
            var next = now.get(i);
            if (!old.scheme().equals(next.scheme()) || !old.grain().equals(next.grain())) {
                return null;
            }
            int g = groupOf(old.scheme());
            int at = g < 0 ? -1 : place(all[g].caches, old);
            if (at < 0) {
                return null;
            }
            if (!own[g]) {
                own[g] = true;
                all[g] = new Group(all[g].scheme, all[g].caches.clone());
            }
            all[g].caches[at] = next;
        }
        return new AskedCaches(schemes, all);
    }

    private int groupOf(KeyScheme.Tokens scheme) {
        for (int g = 0; g < groups.length; g++) {
            if (groups[g].scheme.equals(scheme)) {
                return g;
            }
        }
        return -1;
    }

    /** Where one like it is among those sorted by ordinal; -1 for nowhere. */
    private static int place(CacheLookup[] sorted, CacheLookup sought) {
        int low = 0;
        int above = sorted.length;
        while (low < above) {
            int middle = (low + above) >>> 1;
            if (sorted[middle].ordinal() < sought.ordinal()) {
                low = middle + 1;
            } else {
                above = middle;
            }
        }
        while (low < sorted.length && sorted[low].ordinal() == sought.ordinal()) {
            if (sorted[low].equals(sought)) {
                return low;
            }
            low++;
        }
        return -1;
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
