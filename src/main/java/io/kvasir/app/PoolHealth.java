package io.kvasir.app;

import io.smallrye.health.api.HealthGroup;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;

/**
 * Group {@code pool}: up while at least one endpoint may be sent requests. Not a part of readiness: a router without
 * engines still answers 503 with a reason, which a gateway cannot.
 */
@HealthGroup("pool")
class PoolHealth implements HealthCheck {
    private final RunningServer running;

    PoolHealth(RunningServer running) {
        this.running = running;
    }

    @Override
    public HealthCheckResponse call() {
        long routable = running.routable();
        return HealthCheckResponse.named("pool")
                .status(routable > 0)
                .withData("routable", routable)
                .build();
    }
}
