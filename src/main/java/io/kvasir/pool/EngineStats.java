package io.kvasir.pool;

import java.util.List;

/**
 * One metrics page of an engine, as far as routing reads it. What the page did not have is unknown, which is never 0:
 * -1 for counts and {@code NaN} for shares.
 *
 * @param takenNanos when the page arrived, on the pool's clock; meaningless in {@link #UNKNOWN}
 * @param running sequences in the last step
 * @param waiting sequences that wait for a place
 * @param kvUsage share of KV blocks pinned by running sequences, 0 to 1
 * @param blockSize tokens in a KV block
 * @param kvBlocks KV blocks in all
 * @param maxAdapters LoRA adapters that can be active at once
 * @param runningAdapters adapters active now
 * @param waitingAdapters adapters that requests wait for
 * @param asleep whether the engine says that it sleeps
 * @param prefixQueries prompt tokens looked up in the prefix cache since start
 * @param prefixHits prompt tokens found there since start
 * @param preemptions sequences preempted since start
 * @param cache how the prefix cache is set up
 */
public record EngineStats(
        long takenNanos,
        int running,
        int waiting,
        double kvUsage,
        int blockSize,
        long kvBlocks,
        int maxAdapters,
        List<String> runningAdapters,
        List<String> waitingAdapters,
        boolean asleep,
        long prefixQueries,
        long prefixHits,
        long preemptions,
        CacheConfig cache) {

    /** The largest KV capacity that a page is believed. */
    public static final long MOST_KV_TOKENS = 1L << 50;

    /** Before the first page, and where the endpoint has none. */
    public static final EngineStats UNKNOWN = at(0).build();

    public EngineStats {
        runningAdapters = List.copyOf(runningAdapters);
        waitingAdapters = List.copyOf(waitingAdapters);
    }

    /** Whether a page was ever read. */
    @SuppressWarnings("ReferenceEquality") // the one value that stands for no page
    public boolean known() {
        return this != UNKNOWN;
    }

    /** Age in ns at {@code nowNanos}; {@link Long#MAX_VALUE} where no page was read. */
    public long ageNanos(long nowNanos) {
        return known() ? nowNanos - takenNanos : Long.MAX_VALUE;
    }

    /** KV capacity in tokens, at most {@link #MOST_KV_TOKENS}; -1 if unknown. */
    public long kvTokens() {
        return blockSize > 0 && kvBlocks > 0 ? blockSize * Math.min(kvBlocks, MOST_KV_TOKENS / blockSize) : -1;
    }

    /** A page of which nothing is known yet but when it arrived, in ns on the pool's clock. */
    public static Builder at(long takenNanos) {
        return new Builder(takenNanos);
    }

    /** What a page says, said bit by bit; what is left out stays unknown. */
    public static final class Builder {
        private final long takenNanos;
        private int running = -1;
        private int waiting = -1;
        private double kvUsage = Double.NaN;
        private int blockSize = -1;
        private long kvBlocks = -1;
        private int maxAdapters = -1;
        private List<String> runningAdapters = List.of();
        private List<String> waitingAdapters = List.of();
        private boolean asleep;
        private long prefixQueries = -1;
        private long prefixHits = -1;
        private long preemptions = -1;
        private CacheConfig cache = CacheConfig.UNTOLD;

        private Builder(long takenNanos) {
            this.takenNanos = takenNanos;
        }

        /** Sequences in the last step. */
        public Builder running(int sequences) {
            running = sequences;
            return this;
        }

        /** Sequences that wait for a place. */
        public Builder waiting(int sequences) {
            waiting = sequences;
            return this;
        }

        /** Share of KV blocks pinned by running sequences, 0 to 1. */
        public Builder kvUsage(double share) {
            kvUsage = share;
            return this;
        }

        /** How many KV blocks of how many tokens there are. */
        public Builder blocks(int size, long count) {
            blockSize = size;
            kvBlocks = count;
            return this;
        }

        /** LoRA adapters: how many fit at once, which are active, which are waited for. */
        public Builder adapters(int most, List<String> running, List<String> waiting) {
            maxAdapters = most;
            runningAdapters = running;
            waitingAdapters = waiting;
            return this;
        }

        /** Whether the engine says that it sleeps. */
        public Builder asleep(boolean sleeps) {
            asleep = sleeps;
            return this;
        }

        /** Prompt tokens looked up and found in the prefix cache since start. */
        public Builder prefixes(long queries, long hits) {
            prefixQueries = queries;
            prefixHits = hits;
            return this;
        }

        /** Sequences preempted since start. */
        public Builder preemptions(long sequences) {
            preemptions = sequences;
            return this;
        }

        /** How the prefix cache is set up. */
        public Builder cache(CacheConfig config) {
            cache = config;
            return this;
        }

        public EngineStats build() {
            return new EngineStats(
                    takenNanos,
                    running,
                    waiting,
                    kvUsage,
                    blockSize,
                    kvBlocks,
                    maxAdapters,
                    runningAdapters,
                    waitingAdapters,
                    asleep,
                    prefixQueries,
                    prefixHits,
                    preemptions,
                    cache);
        }
    }
}
