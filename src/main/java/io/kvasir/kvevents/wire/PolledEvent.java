package io.kvasir.kvevents.wire;

/**
 * One event of TensorRT-LLM about blocks of its KV cache.
 *
 * @param id its number: events of a rank are numbered one after the other
 * @param rank attention data-parallel rank; 0 where there is one only
 * @param window tokens that the layers look back whose blocks they are; the longest that there can be for those that look back
 *     to the beginning; 0 where the engine does not say
 * @param hasParent whether another block comes before the first that was stored
 * @param parent hash of that
 * @param hashes of the blocks
 * @param tokens ids of all blocks that were stored, one after the other
 * @param counts tokens of each block that was stored
 * @param extras what each depends on besides; 0 for nothing
 * @param levels where each is that was stored, or a block was moved from and to: 0 the accelerator's memory, 1 the host's
 */
@SuppressWarnings("ArrayRecordComponent") // made once, read once
public record PolledEvent(
        Kind kind,
        long id,
        int rank,
        int window,
        boolean hasParent,
        long parent,
        long[] hashes,
        int[] tokens,
        int[] counts,
        long[] extras,
        int[] levels) {
    /** What happened. */
    public enum Kind {
        /** The cache was made, and is empty. */
        CREATED,
        /** Blocks can be found from now on. */
        STORED,
        /** Blocks can be found no more. */
        REMOVED,
        /** A block went from one level of memory to another. */
        MOVED,
        /** Nothing that matters: a block has another priority. */
        OTHER,
        /** Of a kind that is not known here. */
        UNKNOWN
    }
}
