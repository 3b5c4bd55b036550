package io.kvasir.kvevents;

import io.kvasir.kvevents.wire.BlockHasher;
import io.kvasir.kvevents.wire.HashScheme;
import io.kvasir.kvevents.wire.KvEvent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Recognises how an engine hashes by the block that begins a prompt, where its seed is one that is usual. */
final class KnownHashing {
    private record Way(HashScheme scheme, @Nullable String seed) {}

    private static final List<Way> WAYS = ways();

    private KnownHashing() {}

    private static List<Way> ways() {
        var all = new ArrayList<Way>();
        for (String seed : Arrays.asList(null, "0", "42")) {
            for (HashScheme scheme : HashScheme.values()) {
                if (scheme != HashScheme.SGLANG) {
                    all.add(new Way(scheme, seed));
                }
            }
        }
        all.add(new Way(HashScheme.SGLANG, null));
        return List.copyOf(all);
    }

    /**
     * A number for the way, from 1; 0 where it is none that is known.
     *
     * @param scheme by the engine's own word; null where all that are known are tried
     */
    static int of(KvEvent event, @Nullable HashScheme scheme) {
        int size = event.blockSize();
        if (event.hasParent() || event.count() == 0 || event.tokenCount() < size || event.hasExtras()) {
            return 0;
        }
        if (event.adapter() != null || event.salt() != null) {
            return 0;
        }
        for (int i = 0; i < WAYS.size(); i++) {
            var way = WAYS.get(i);
            if (scheme != null && scheme != way.scheme()) {
                continue;
            }
            var hasher = new BlockHasher(way.scheme());
            byte[] root = way.scheme() == HashScheme.SGLANG ? hasher.root(null, false, null) : hasher.root(way.seed());
            byte[] digest = hasher.block(root, event.tokens(), 0, size, List.of());
            if (hasher.eventHash(digest) == event.hashes()[0]) {
                return i + 1;
            }
        }
        return 0;
    }
}
