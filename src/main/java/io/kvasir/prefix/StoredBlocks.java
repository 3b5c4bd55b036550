package io.kvasir.prefix;

import org.jspecify.annotations.Nullable;

/**
 * What an engine says of blocks that it stored, one after the other in a prompt. Arrays are lent for the call.
 *
 * @param hasParent whether a block comes before them; else they begin a prompt
 * @param parent the engine's hash of that block
 * @param hashes the engine's hashes of the blocks, {@code count} of them
 * @param tokens ids of all blocks, {@code tokenCount} of them; none where the engine names blocks by hashes only
 * @param blockSize tokens of a block
 * @param adapter the LoRA adapter; null for none
 * @param salt the {@code cache_salt}, told with the block that begins a prompt; null for none
 * @param extras by block, a digest of what it depends on besides; 0 for nothing. Null for nothing at all
 */
public record StoredBlocks(
        CacheTier tier,
        boolean hasParent,
        long parent,
        long[] hashes,
        int count,
        int[] tokens,
        int tokenCount,
        int blockSize,
        @Nullable String adapter,
        @Nullable String salt,
        long @Nullable [] extras) {}
