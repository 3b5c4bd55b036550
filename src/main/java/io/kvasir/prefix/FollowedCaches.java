package io.kvasir.prefix;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The caches of all ranks that are followed, and how they are asked. A change of one looks at its endpoint's alone where the
 * others are asked as before, however many there are. From any thread.
 */
final class FollowedCaches {
    private final FollowedEndpoints endpoints;
    /** By tenancy. With this object's lock, as the next. */
    private final Map<Long, List<EngineCache>> caches = new LinkedHashMap<>();

    private final Map<Long, List<CacheLookup>> lookups = new LinkedHashMap<>();
    private volatile AskedCaches asked = AskedCaches.NONE;

    FollowedCaches(FollowedEndpoints endpoints) {
        this.endpoints = endpoints;
    }

    /** How they are asked now. */
    AskedCaches asked() {
        return asked;
    }

    /** Those of an endpoint. */
    synchronized List<EngineCache> of(long tenancy) {
        return List.copyOf(caches.getOrDefault(tenancy, List.of()));
    }

    synchronized void add(EngineCache cache) {
        caches.computeIfAbsent(cache.tenancy(), _ -> new ArrayList<>()).add(cache);
        changed(cache.tenancy());
    }

    synchronized void remove(EngineCache cache) {
        var ranks = caches.get(cache.tenancy());
        if (ranks != null && ranks.remove(cache)) {
            if (ranks.isEmpty()) {
                caches.remove(cache.tenancy());
            }
            changed(cache.tenancy());
        }
    }

    /** A cache of an endpoint can be looked up otherwise than before. */
    synchronized void changed(long tenancy) {
        var ranks = ranks(tenancy);
        var had = ranks.isEmpty() ? lookups.remove(tenancy) : lookups.put(tenancy, ranks);
        var endpoint = endpoints.known(tenancy);
        if (endpoint != null) {
            endpoint.ranks(ranks.toArray(CacheLookup[]::new));
        }
        var before = had == null ? List.<CacheLookup>of() : had;
        if (!before.equals(ranks)) {
            var now = asked.replaced(before, ranks);
            asked = now != null
                    ? now
                    : asked.of(lookups.values().stream().flatMap(List::stream).toList());
        }
    }

    private List<CacheLookup> ranks(long tenancy) {
        var ranks = new ArrayList<CacheLookup>();
        for (EngineCache cache : caches.getOrDefault(tenancy, List.of())) {
            var lookup = cache.lookup();
            if (lookup != null && lookup.ordinal() < endpoints.length()) {
                ranks.add(lookup);
            }
        }
        return ranks.isEmpty() ? ranks : CacheLookup.alike(ranks);
    }
}
