package io.kvasir.load.replay;

/**
 * What became of one request. Times are in seconds of virtual time, as the client saw them; NaN where it did not come to
 * that.
 *
 * @param request what was asked
 * @param arrivalSeconds when, from the start of the run
 * @param replica place in the pool of the replica that got it; -1 where it was refused
 * @param ttftSeconds from the arrival to the first token
 * @param tpotSeconds mean time of an output token after the first; NaN of answers of one token
 * @param e2eSeconds from the arrival to the last token
 * @param cachedTokens prompt tokens that the replica had in its cache; -1 where it was never begun
 * @param idealCachedTokens prompt tokens that one cache of endless size for all requests would have had
 * @param believedCachedTokens prompt tokens that the router took the replica to have
 * @param predictedTtftSeconds as the router predicted it; NaN where it did not
 * @param predictedE2eSeconds likewise
 * @param preemptions times the engine threw it out and computed it again
 * @param oracleReplica the replica that the informed greedy would have chosen; -1 where nobody asked
 * @param regretSeconds what the choice cost more than that one, by what was known then; NaN where nobody asked
 * @param waitedSeconds that the router held it in all
 * @param longestWaitSeconds that it held it at most at one time
 * @param retries how often its client sent it again, as it was told
 */
public record RequestResult(
        ReplayRequest request,
        double arrivalSeconds,
        int replica,
        double ttftSeconds,
        double tpotSeconds,
        double e2eSeconds,
        int cachedTokens,
        int idealCachedTokens,
        int believedCachedTokens,
        double predictedTtftSeconds,
        double predictedE2eSeconds,
        int preemptions,
        int oracleReplica,
        double regretSeconds,
        double waitedSeconds,
        double longestWaitSeconds,
        int retries) {

    /** Whether its last token came. */
    public boolean complete() {
        return !Double.isNaN(e2eSeconds);
    }

    /** Whether it came in full and as fast as was asked; one that asks for nothing is good when it is complete. */
    public boolean good() {
        var slo = request.slo();
        return complete() && (slo == null || slo.met(ttftSeconds, tpotSeconds));
    }
}
