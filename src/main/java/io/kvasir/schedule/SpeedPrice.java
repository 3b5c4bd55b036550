package io.kvasir.schedule;

import io.kvasir.pool.Endpoint;

/**
 * Just enough: what it costs to answer a request by a replica that is fast enough for it. A second of a replica is priced by
 * the square of its speed: for the same work a fast one takes fewer seconds, and still costs as many times more as it is
 * faster, so that the slowest that will do is taken and fast ones stay free for who needs them; one that holds the prompt has
 * less to do and is cheaper for that. Those who decode share their replica's seconds.
 */
final class SpeedPrice {
    /**
     * The share of what is enough that a replica may be expected to take now: it gets slower by those who come while the
     * request is there. Derived by replay, see docs/time-model.md.
     */
    static final double NOW = 0.25;

    private SpeedPrice() {}

    /**
     * Whether a replica is expected to be fast enough even if it takes longer by the usual error, and when others have come.
     *
     * @param ttft seconds expected until the first token
     * @param perToken seconds expected between two tokens
     * @param firstToken seconds until the first token that are enough; NaN for any
     * @param eachToken seconds between two that are enough; NaN for any
     * @param usualError of what is expected, relative
     */
    static boolean meets(double ttft, double perToken, double firstToken, double eachToken, double usualError) {
        double times = (1 + usualError) / NOW;
        // what is NaN limits nothing
        return !(ttft * times > firstToken) && !(perToken * times > eachToken);
    }

    /**
     * From 0 to 1, the more the cheaper; 1 for nothing. It falls with the logarithm of the price, so that pickers tell dear
     * ones apart as well as cheap ones.
     *
     * @param prefill seconds of the replica's own
     * @param decode seconds in which the request decodes there
     */
    static double score(Endpoint endpoint, double prefill, double decode, long nowNanos) {
        var spec = endpoint.spec();
        double speed = endpoint.hardware().relativeCapacity() * spec.count() / spec.sharing() * endpoint.speed();
        double seconds = prefill + decode / (1 + endpoint.load().decoding(nowNanos));
        return 1 / (1 + Math.log1p(speed * speed * seconds));
    }
}
