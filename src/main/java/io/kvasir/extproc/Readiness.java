package io.kvasir.extproc;

import io.kvasir.extproc.wire.proto.HealthCheckResponse.ServingStatus;
import java.util.function.BooleanSupplier;

/**
 * What health checks are told: {@code liveness} is served as soon as the process answers, every other name once the
 * picker's port accepts and the pool is known, and no longer when it drains. Any other name counts, because data planes
 * and charts ask for half a dozen, and an unknown one answered with an error has taken whole gateways down.
 */
final class Readiness {
    private static final String LIVENESS = "liveness";

    private final BooleanSupplier poolReady;
    private volatile boolean accepting;

    Readiness(BooleanSupplier poolReady) {
        this.poolReady = poolReady;
    }

    /** Whether the picker's port takes new streams. */
    void accepting(boolean now) {
        accepting = now;
    }

    boolean ready() {
        return accepting && poolReady.getAsBoolean();
    }

    ServingStatus of(String service) {
        return service.equals(LIVENESS) || ready() ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
    }
}
