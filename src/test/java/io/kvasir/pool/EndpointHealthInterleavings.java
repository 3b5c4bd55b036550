package io.kvasir.pool;

import io.kvasir.Interleavings;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;

/** What happens to an endpoint's health from several threads is what would come of it one after another. */
public class EndpointHealthInterleavings {
    private static final long NOW = 10_000_000_000L;

    private final EndpointHealth health = new EndpointHealth();

    @Operation
    public void answered() {
        health.answered(NOW);
    }

    @Operation
    public void served() {
        health.requestServed(NOW);
    }

    @Operation
    public void failed() {
        health.requestFailed(NOW);
    }

    @Operation
    public void ejectedLongAgo() {
        health.eject(0);
    }

    @Operation
    public void connectFailed() {
        health.connectFailed();
    }

    @Operation
    public void probePassed() {
        health.probePassed();
    }

    @Operation
    public void probeFailed() {
        health.probeFailed();
    }

    @Operation
    public void pressed() {
        health.pressed(0, NOW);
    }

    /** As a booking does: begun, and ended where it was a trial. */
    @Operation
    public boolean trial() {
        boolean trial = health.beginTrial(NOW);
        if (trial) {
            health.endTrial();
        }
        return trial;
    }

    /** All but the trials in flight, which another thread may see between their begin and their end. */
    @Operation
    public String believed() {
        var now = health.believed();
        return now.state() + " " + now.refused() + now.failedProbes() + now.outlier()
                + now.trials().served() + now.history() + now.pressure() + now.ejections();
    }

    /** Whatever happened, no trial is left behind. */
    @Validate
    public void noTrialLeaks() {
        if (health.trials() != 0) {
            throw new IllegalStateException(health.trials() + " trials are left");
        }
    }

    @Test
    void areAsIfOneAfterAnother() {
        Interleavings.check(getClass());
    }
}
