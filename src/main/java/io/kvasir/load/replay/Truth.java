package io.kvasir.load.replay;

import io.kvasir.cost.DecodeWeight;

/**
 * What nobody who routes can know: what engines hold and do at this moment, how fast they really are, and how long the
 * answer to the request that is being decided will be. Replicas are known by their place in the pool, which is their
 * endpoint's ordinal.
 */
public interface Truth {
    /** The request that is being decided. */
    ReplayRequest request();

    /** Leading tokens of its prompt that the replica has in its cache now. */
    int cachedTokens(int replica);

    /** Seconds from now to its first token there, if nothing else arrives. */
    double ttftSeconds(int replica);

    /** Seconds from its first token to its last there, if nothing else arrives. */
    double decodeSeconds(int replica);

    /** Seconds by which all others that are there, together, would end later for it. */
    double othersSeconds(int replica);

    /**
     * What it costs there: seconds until its first token, and what its own decoding and what it takes from others count.
     *
     * @param weight what decoding counts
     */
    double costSeconds(int replica, DecodeWeight weight);

    /** The same by the default's weight. */
    default double costSeconds(int replica) {
        return costSeconds(replica, DecodeWeight.USUAL);
    }
}
