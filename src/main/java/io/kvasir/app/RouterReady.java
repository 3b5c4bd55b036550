package io.kvasir.app;

import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Ready while all conditions hold; tells each. */
@Readiness
class RouterReady implements HealthCheck {
    private final RunningServer running;

    RouterReady(RunningServer running) {
        this.running = running;
    }

    @Override
    public HealthCheckResponse call() {
        var response = HealthCheckResponse.named("router");
        running.conditions().forEach(response::withData);
        return response.status(running.ready()).build();
    }
}
