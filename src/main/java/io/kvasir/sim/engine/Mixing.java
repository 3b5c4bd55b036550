package io.kvasir.sim.engine;

/** The simulator's own integer mixing; nothing in the router uses it. */
final class Mixing {
    private Mixing() {}

    /** One more token in a chain. Bijective in {@code state}, so a difference never gets lost again. */
    static long chain(long state, int token) {
        return Long.rotateLeft((state ^ token) * 0x9FB21C651E98DF25L, 29) * 0xD6E8FEB86659FD93L + 0x2545F4914F6CDD1DL;
    }

    /** Spreads all bits of {@code x} (the finaliser of SplitMix64, Steele et al. 2014). */
    static long finish(long x) {
        var z = (x ^ (x >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
