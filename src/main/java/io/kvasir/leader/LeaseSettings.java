package io.kvasir.leader;

import java.time.Duration;

/**
 * The Lease that replicas compete for.
 *
 * @param namespace of the Lease
 * @param name of the Lease
 * @param identity what this replica writes into it: unique among replicas
 * @param duration how long a Lease that is not renewed counts, in whole seconds
 * @param period how often it is renewed or looked at
 */
public record LeaseSettings(String namespace, String name, String identity, Duration duration, Duration period) {
    private static final Duration DURATION = Duration.ofSeconds(15);
    private static final Duration PERIOD = Duration.ofSeconds(2);

    /** Fifteen seconds, looked at every two, as is usual in Kubernetes. */
    public static LeaseSettings of(String namespace, String name, String identity) {
        return new LeaseSettings(namespace, name, identity, DURATION, PERIOD);
    }
}
