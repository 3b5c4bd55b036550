package io.kvasir.app;

import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;
import org.jboss.logging.Logger;

/**
 * Ready while all conditions hold; tells each. One instance, since it remembers what it told last.
 */
@Readiness
@ApplicationScoped
class RouterReady implements HealthCheck {
    private static final Logger LOG = Logger.getLogger("io.kvasir");

    private final RunningServer running;
    private final ReadinessNews news = new ReadinessNews();

    RouterReady(RunningServer running) {
        this.running = running;
    }

    @Override
    public HealthCheckResponse call() {
        var response = HealthCheckResponse.named("router");
        var conditions = running.conditions();
        conditions.forEach(response::withData);
        String line = news.of(conditions);
        if (line != null) {
            LOG.info(line);
        }
        return response.status(running.ready()).build();
    }
}
