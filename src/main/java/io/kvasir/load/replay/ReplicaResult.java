package io.kvasir.load.replay;

/**
 * What one replica did in a run.
 *
 * @param name of the replica
 * @param device its hardware class, as the simulator calls it
 * @param requests that it got
 * @param busySeconds that it computed
 * @param promptTokens of those requests that reached their first token
 * @param cachedTokens of these, those that it had in its cache
 * @param outputTokens that it generated
 * @param steps of its engine
 * @param preemptions sequences that lost their blocks
 * @param evictions cached blocks that were lost to other content
 */
public record ReplicaResult(
        String name,
        String device,
        int requests,
        double busySeconds,
        long promptTokens,
        long cachedTokens,
        long outputTokens,
        long steps,
        long preemptions,
        long evictions) {}
