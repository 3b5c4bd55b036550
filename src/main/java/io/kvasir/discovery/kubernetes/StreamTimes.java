package io.kvasir.discovery.kubernetes;

import java.time.Duration;

/**
 * How long a stream watches, and how long it waits before the next try.
 *
 * @param first wait after the first failure; doubles with each further one
 * @param most bound of the doubling
 * @param recheck between looks for a kind that is not to be had here
 * @param watch that a watch lasts: a connection that died without a word blinds no longer
 */
public record StreamTimes(Duration first, Duration most, Duration recheck, Duration watch) {
    /** Waits of 0.5 s to 10 s; a missing kind is looked for each minute; watches last 2 min. */
    public static final StreamTimes DEFAULT = new StreamTimes(
            Duration.ofMillis(500), Duration.ofSeconds(10), Duration.ofMinutes(1), Duration.ofMinutes(2));

    private static final int MAX_DOUBLINGS = 20;

    /** For how long a refusal of what was allowed before is taken for a server that starts: three of the longest waits. */
    Duration doubt() {
        return most.multipliedBy(3);
    }

    /**
     * Milliseconds to wait.
     *
     * @param failures in a row, 1 or more
     * @param chance from 0 to 1, so that many routers do not come back at once: waits are 75 % to 125 %
     */
    long millis(int failures, double chance) {
        long doubled = first.toMillis() << Math.min(failures - 1, MAX_DOUBLINGS);
        return (long) (Math.min(doubled, most.toMillis()) * (0.75 + chance / 2));
    }
}
