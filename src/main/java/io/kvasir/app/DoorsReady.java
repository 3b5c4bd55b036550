package io.kvasir.app;

import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Ready while all doors listen and nothing drains. */
@Readiness
class DoorsReady implements HealthCheck {
    private final RunningServer running;

    DoorsReady(RunningServer running) {
        this.running = running;
    }

    @Override
    public HealthCheckResponse call() {
        return HealthCheckResponse.named("doors").status(running.ready()).build();
    }
}
