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
    public static final EngineStats UNKNOWN =
            new EngineStats(0, -1, -1, Double.NaN, -1, -1, -1, List.of(), List.of(), false, -1, -1, -1);

    /** One whose page says nothing of how its cache is set up. */
    public EngineStats(
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
            long preemptions) {
        this(
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
                CacheConfig.UNTOLD);
    }

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
}
