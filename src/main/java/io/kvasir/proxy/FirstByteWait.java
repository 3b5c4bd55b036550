package io.kvasir.proxy;

import io.kvasir.clock.ScaledClock;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointHealth;
import io.kvasir.pool.Pool;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The wait for the first byte of an answer, which has no bound while the endpoint is there: engines queue and compute for
 * as long as they need. It ends when the endpoint has been dead for some time and nothing has come from it meanwhile; one
 * that drains refuses connections and leaves the pool too, but goes on with what it has. Looked at now and then.
 */
final class FirstByteWait {
    /** Refused probes say most. */
    static final long REFUSED_NANOS = 5_000_000_000L;

    /** A busy engine may be late with its probes, so silence has to last. */
    static final long SILENT_NANOS = 30_000_000_000L;

    /** The time that Kubernetes gives a pod to end what it has. */
    static final long LEFT_NANOS = 30_000_000_000L;

    private final Endpoint endpoint;
    private final long sinceNanos;
    private @Nullable WaitEnd suspected;
    private long suspectedNanos;

    FirstByteWait(Endpoint endpoint, long nowNanos) {
        this.endpoint = endpoint;
        sinceNanos = nowNanos;
    }

    /**
     * What ends the wait; null while nothing does.
     *
     * @param bound longest wait that the operator allows, zero for any; like all that clients wait, in real time
     * @param clock the one of {@code nowNanos}, which may be that of simulated engines
     */
    @Nullable
    WaitEnd look(Pool pool, Duration bound, ScaledClock clock, long nowNanos) {
        if (bound.isPositive() && nowNanos - sinceNanos >= clock.nanosIn(bound)) {
            return WaitEnd.TIMEOUT;
        }
        var suspicion = suspicion(pool, nowNanos);
        if (suspicion == null) {
            suspected = null;
            return null;
        }
        if (suspected != suspicion) {
            suspected = suspicion;
            suspectedNanos = nowNanos;
        }
        long heard = endpoint.health().heardNanos();
        long silence = nowNanos - (heard - suspectedNanos > 0 && heard != 0 ? heard : suspectedNanos);
        return silence >= clock.nanosIn(patience(suspicion)) ? suspicion : null;
    }

    private @Nullable WaitEnd suspicion(Pool pool, long nowNanos) {
        var there = pool.snapshot().byHostPort(endpoint.hostPort());
        if (there == null || there.replica() != endpoint.replica()) {
            return WaitEnd.LEFT;
        }
        if (there.health().state() != EndpointHealth.State.DOWN) {
            return null;
        }
        return there.health().standing(nowNanos) == EndpointHealth.Standing.REFUSED ? WaitEnd.REFUSED : WaitEnd.SILENT;
    }

    private static long patience(WaitEnd suspicion) {
        return switch (suspicion) {
            case REFUSED -> REFUSED_NANOS;
            case LEFT -> LEFT_NANOS;
            case SILENT, TIMEOUT -> SILENT_NANOS;
        };
    }
}
