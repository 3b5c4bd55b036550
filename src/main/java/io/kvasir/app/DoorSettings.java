package io.kvasir.app;

import io.kvasir.proxy.TrustedPeers;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;

/**
 * What all doors share, and the HTTP proxy.
 *
 * @param host address that all doors and the management port listen on
 * @param httpPort port of the HTTP proxy; 0 for any free one
 * @param metricsPort port of metrics, health and {@code /api}
 * @param drainTimeout how long a stop waits for requests in flight
 * @param firstByteTimeout longest wait for an engine to begin its answer; zero for as long as the engine lives
 * @param trustedProxies peers whose forwarded headers are believed
 * @param nameEndpoints whether the proxy's answers name the endpoint
 * @param explain whether they say why it was that one
 */
record DoorSettings(
        String host,
        int httpPort,
        int metricsPort,
        Duration drainTimeout,
        Duration firstByteTimeout,
        TrustedPeers trustedProxies,
        boolean nameEndpoints,
        boolean explain) {

    static DoorSettings of(FlagValues values) {
        return new DoorSettings(
                host(values),
                values.port(Flag.HTTP_PORT),
                values.port(Flag.METRICS_PORT),
                values.duration(Flag.DRAIN_TIMEOUT),
                values.duration(Flag.FIRST_BYTE_TIMEOUT),
                trustedProxies(values),
                values.on(Flag.NAME_ENDPOINTS),
                values.on(Flag.EXPLAIN_ANSWERS));
    }

    private static String host(FlagValues values) {
        return address(values, Flag.HTTP_HOST);
    }

    /** The address to listen on that a flag names; host names are resolved once, here. */
    static String address(FlagValues values, Flag flag) {
        String host = values.text(flag);
        try {
            if (!host.isBlank()) {
                return InetAddress.getByName(host).getHostAddress();
            }
        } catch (UnknownHostException _) {
            // told below
        }
        throw ConfigurationException.bad(flag.key(), host, "an address of this machine, or a name of one");
    }

    private static TrustedPeers trustedProxies(FlagValues values) {
        String text = values.text(Flag.TRUSTED_PROXIES);
        try {
            return text.isBlank()
                    ? TrustedPeers.NONE
                    : TrustedPeers.of(List.of(text.strip().split("\\s*,\\s*", -1)));
        } catch (IllegalArgumentException e) {
            throw ConfigurationException.bad(
                    Flag.TRUSTED_PROXIES.key(),
                    String.valueOf(e.getMessage()),
                    "IP addresses and blocks of them such as 10.0.0.0/8 or fd00::/8, separated by commas");
        }
    }
}
