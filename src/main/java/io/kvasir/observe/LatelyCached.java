package io.kvasir.observe;

import io.kvasir.route.RouterCounts;
import java.util.ArrayDeque;

/**
 * Tokens expected in caches and found there lately: since the newest look that is at least ten minutes old, or since the start
 * where there is none. Not safe for several threads.
 */
final class LatelyCached {
    static final long WINDOW_NANOS = 600_000_000_000L;
    private static final long BETWEEN_LOOKS_NANOS = 60_000_000_000L;

    /**
     * Tokens of prompts.
     *
     * @param prompt of those whose engine told what it found, and of which somebody had asked what is there
     * @param expected of them in a cache
     * @param found of them there
     */
    record Tokens(long nanos, long prompt, long expected, long found) {
        private Tokens since(Tokens earlier) {
            return new Tokens(nanos, prompt - earlier.prompt, expected - earlier.expected, found - earlier.found);
        }

        /** Share of the prompts that was expected. */
        double expectedShare() {
            return (double) expected / Math.max(1, prompt);
        }

        /** Share of the prompts that was found. */
        double foundShare() {
            return (double) found / Math.max(1, prompt);
        }
    }

    private final ArrayDeque<Tokens> looks = new ArrayDeque<>();

    /** Looks at the counts, and says what came lately. */
    Tokens look(RouterCounts counts, long nowNanos) {
        var now = new Tokens(
                nowNanos, counts.foretoldPromptTokens(), counts.predictedCachedTokens(), counts.foretoldCachedTokens());
        Tokens old = null;
        while (!looks.isEmpty() && nowNanos - looks.getFirst().nanos >= WINDOW_NANOS) {
            old = looks.removeFirst();
        }
        if (old != null) {
            looks.addFirst(old);
        }
        if (looks.isEmpty() || nowNanos - looks.getLast().nanos >= BETWEEN_LOOKS_NANOS) {
            looks.addLast(now);
        }
        return old == null ? now : now.since(old);
    }
}
