package io.kvasir.app;

import java.time.Duration;
import java.util.Set;

/**
 * What all doors share, and the HTTP proxy.
 *
 * @param host address that all doors and the management port listen on
 * @param httpPort port of the HTTP proxy; 0 for any free one
 * @param metricsPort port of metrics, health and {@code /api}
 * @param drainTimeout how long a stop waits for requests in flight
 * @param trustedProxies peers whose forwarded headers are believed
 * @param nameEndpoints whether the proxy's answers name the endpoint
 */
record DoorSettings(
        String host,
        int httpPort,
        int metricsPort,
        Duration drainTimeout,
        Set<String> trustedProxies,
        boolean nameEndpoints) {

    static DoorSettings of(FlagValues values) {
        return new DoorSettings(
                values.text(Flag.HTTP_HOST),
                values.port(Flag.HTTP_PORT),
                values.port(Flag.METRICS_PORT),
                values.duration(Flag.DRAIN_TIMEOUT),
                values.list(Flag.TRUSTED_PROXIES),
                values.on(Flag.NAME_ENDPOINTS));
    }
}
