package io.kvasir.scrape;

import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The versions that engines told: a bounded number, since what is kept by version is kept for good. Any thread. */
final class KnownVersions {
    /** Versions that are told apart. */
    static final int MOST = 256;

    private final ConcurrentHashMap<String, String> known = new ConcurrentHashMap<>();

    /** That version, one object for all that tell it; null where too many others were told. */
    @Nullable
    String same(String version) {
        var same = known.get(version);
        if (same != null || known.size() >= MOST) {
            return same;
        }
        var first = known.putIfAbsent(version, version);
        return first == null ? version : first;
    }
}
