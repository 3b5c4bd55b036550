package io.kvasir.load.replay;

import java.util.List;

/**
 * What one run came to.
 *
 * @param pool name of the pool
 * @param workload name of the workload
 * @param arm name of the arm
 * @param seed of the run
 * @param rate as asked of the workload, requests per second
 * @param requests what became of those after the warm-up, by id
 * @param refusals answers of the router's own, the warm-up included
 * @param replicas what each did, the warm-up included
 * @param gaps times between two tokens of an answer, one for each token after the first
 * @param virtualSeconds from the first arrival to the last event
 * @param decisions that the router made
 * @param steps of all engines
 * @param wallSeconds that the run took on this machine; all else is a function of the arguments alone
 */
public record ReplayResult(
        String pool,
        String workload,
        String arm,
        long seed,
        double rate,
        List<RequestResult> requests,
        List<Refused> refusals,
        List<ReplicaResult> replicas,
        Latencies gaps,
        double virtualSeconds,
        long decisions,
        long steps,
        double wallSeconds) {

    /** A number that two runs share if all their requests fared alike, to the bit. */
    public long digest() {
        long digest = 0;
        for (var r : requests) {
            digest = 31 * digest + r.replica();
            digest = 31 * digest + Double.doubleToLongBits(r.ttftSeconds());
            digest = 31 * digest + Double.doubleToLongBits(r.e2eSeconds());
            digest = 31 * digest + r.cachedTokens();
        }
        return digest;
    }
}
