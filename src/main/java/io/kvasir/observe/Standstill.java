package io.kvasir.observe;

import io.kvasir.cost.TimeModel;
import io.kvasir.pool.Endpoint;

/**
 * For how long an endpoint has begun no answer although requests wait for one there: what shows of an engine that hangs while
 * its probes and its metrics page are answered. Read from the router's books, which cost nothing while nobody asks.
 *
 * @param time what answers are expected to take
 * @param freshNanos age from which a metrics page no longer counts
 */
public record Standstill(TimeModel time, long freshNanos) {
    /** Nobody is told of a shorter one, in s. */
    static final double PATIENCE = 20;

    /** The same where a beginning does not show, since answers come in one piece: their ends have to do. */
    static final double PATIENCE_FOR_WHOLE_ANSWERS = 60;

    /** Answers in one piece that have to be awaited, as the length of one may be misjudged. */
    private static final int SEVERAL = 3;

    /** How many times as long as expected answers may take besides. */
    private static final double TIMES = 4;

    /** Seconds since it last began an answer; 0 where it is not for longer than answers may take, or none is awaited. */
    public double seconds(Endpoint endpoint, long nowNanos) {
        var load = endpoint.load();
        double still = (nowNanos - load.awaitingSinceNanos()) * 1e-9;
        if (load.prefills() <= 0 || still < PATIENCE || knowsOfNone(endpoint, nowNanos)) {
            return 0;
        }
        double expected = endpoint.pace().factor(nowNanos) * Math.max(0, load.prefillNanos()) * 1e-9;
        double patience = PATIENCE;
        if (load.unseen().nanos() > 0) {
            if (load.prefills() < SEVERAL) {
                return 0;
            }
            expected += decodeSeconds(endpoint, nowNanos);
            patience = PATIENCE_FOR_WHOLE_ANSWERS;
        }
        return still >= patience + TIMES * expected ? still : 0;
    }

    /** Whether its engine says that it has no requests at all: then our books are wrong, and it does not hang. */
    private boolean knowsOfNone(Endpoint endpoint, long nowNanos) {
        var stats = endpoint.stats();
        return stats.running() == 0 && stats.waiting() <= 0 && stats.ageNanos(nowNanos) <= freshNanos;
    }

    /** In which an answer of mean length is decoded among all that are there. */
    private double decodeSeconds(Endpoint endpoint, long nowNanos) {
        var load = endpoint.load();
        double sequences = Math.max(1, load.sequences());
        String model = endpoint.baseModel();
        var rates = time.rates(endpoint, model == null ? "" : model).rates();
        return endpoint.pace().factor(nowNanos)
                * Math.max(0, load.outputTokens())
                / sequences
                * rates.interTokenSeconds(sequences, load.heldTokens());
    }
}
