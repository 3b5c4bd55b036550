package io.kvasir.admission.flow;

import io.kvasir.pool.PoolSnapshot;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which of some models each endpoint of a pool answers for, as one bit a model; those beyond the first 63 share the last.
 * Immutable.
 */
final class ServedModels {
    private static final int MOST = 64;

    private final Map<String, Integer> bits = new HashMap<>();
    private final long[] byOrdinal;

    /** @param models the names that requests have, the most important first; empty for requests that name none */
    ServedModels(PoolSnapshot pool, Collection<String> models, long nowNanos) {
        byOrdinal = new long[pool.slots()];
        for (String model : models) {
            int bit = Math.min(bits.size(), MOST - 1);
            bits.put(model, bit);
            for (var endpoint : Fit.serving(pool, model, null, nowNanos)) {
                byOrdinal[endpoint.ordinal()] |= 1L << bit;
            }
        }
    }

    /** The bit of one of these models; null where it is none of them. */
    @Nullable
    Integer bit(String model) {
        return bits.get(model);
    }

    /** The bits of those that endpoints answer for, by ordinal; 0 for vacant places. */
    long[] byOrdinal() {
        return byOrdinal;
    }

    /** How many bits are used. */
    int size() {
        return Math.min(bits.size(), MOST);
    }
}
