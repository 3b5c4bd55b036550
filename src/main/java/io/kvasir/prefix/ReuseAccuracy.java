package io.kvasir.prefix;

import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * By endpoint, which share of the tokens predicted to be cached an engine really found: an exponential average, each
 * prediction a tenth. Starts at a prior. Finding more than predicted counts as finding all of it. Safe for any number
 * of threads.
 */
final class ReuseAccuracy {
    private static final float WEIGHT = 0.1f;

    private final AtomicIntegerArray bits;
    private final float prior;

    /** @param prior confidence before anything was observed, 0 to 1 */
    ReuseAccuracy(int endpoints, float prior) {
        this.prior = prior;
        bits = new AtomicIntegerArray(endpoints);
        for (int i = 0; i < endpoints; i++) {
            forget(i);
        }
    }

    /** @param predicted tokens, positive */
    void observe(int ordinal, int predicted, int found) {
        float share = Math.min(1f, Math.max(0f, (float) found / predicted));
        bits.updateAndGet(ordinal, old -> {
            float before = Float.intBitsToFloat(old);
            return Float.floatToRawIntBits(before + WEIGHT * (share - before));
        });
    }

    float confidence(int ordinal) {
        return Float.intBitsToFloat(bits.get(ordinal));
    }

    void forget(int ordinal) {
        bits.set(ordinal, Float.floatToRawIntBits(prior));
    }
}
