package io.kvasir.load.replay;

/**
 * One replica of a pool, as it really is and as the router is told of it. Counts that are 0 are those of the device's
 * profile.
 *
 * @param name unique in the pool
 * @param device name of a device of the simulator's profiles, such as {@code h200}
 * @param sharing replicas that share the device in time: each has so much of its speed and its memory; 1 for none
 * @param kvTokens tokens that its KV cache holds
 * @param maxSequences sequences that run at once
 * @param batchedTokens tokens that one step computes
 * @param blockSize tokens in a KV block
 * @param maxModelLength most tokens of prompt and output
 * @param labelled whether the router is told what it runs on; else it is of no class that anybody knows
 */
public record ReplayReplica(
        String name,
        String device,
        int sharing,
        long kvTokens,
        int maxSequences,
        int batchedTokens,
        int blockSize,
        int maxModelLength,
        boolean labelled) {

    public ReplayReplica {
        if (sharing < 1) {
            throw new IllegalArgumentException("sharing: bad value \"" + sharing + "\"; allowed: 1 and more");
        }
    }

    /** A whole device with all that its profile says. */
    public static ReplayReplica of(String name, String device) {
        return new ReplayReplica(name, device, 1, 0, 0, 0, 0, 0, true);
    }

    /** The same as one of so many that share the device in time. */
    public ReplayReplica shared(int by) {
        return new ReplayReplica(
                name, device, by, kvTokens, maxSequences, batchedTokens, blockSize, maxModelLength, labelled);
    }

    /** The same with a KV cache of that many tokens. */
    public ReplayReplica withKvTokens(long tokens) {
        return new ReplayReplica(
                name, device, sharing, tokens, maxSequences, batchedTokens, blockSize, maxModelLength, labelled);
    }

    /** The same without a word to the router of what it is. */
    public ReplayReplica unlabelled() {
        return new ReplayReplica(
                name, device, sharing, kvTokens, maxSequences, batchedTokens, blockSize, maxModelLength, false);
    }
}
