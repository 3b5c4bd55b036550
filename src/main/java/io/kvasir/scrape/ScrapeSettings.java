package io.kvasir.scrape;

import java.time.Duration;

/**
 * How often endpoints are asked, and for how long an answer is awaited.
 *
 * @param activeInterval between pages of an endpoint that has or had requests running or waiting, 5 ms to 1 min
 * @param idleInterval between pages of any other, {@code activeInterval} to 5 min
 * @param refreshAge age from which {@link Scraper#refreshSoon} has an idle endpoint's page read again, 5 ms to 5 min
 * @param healthInterval between health probes, 100 ms to 5 min
 * @param modelsInterval between reads of the list of models, 1 s to 1 h
 * @param timeout for a whole answer, 50 ms to 1 min
 * @param connectTimeout for a connection, 50 ms to 1 min
 * @param maxBackoff longest pause after failures in a row, 100 ms to 5 min
 * @param maxPageBytes largest page, 64 KiB to 1 GiB
 * @param engineShare most of an engine's time, 0.0001 to 1, that its pages may take by the time it needs to answer; the
 *     intervals above are lengthened for that
 * @param longestInterval beyond which they are not, 5 ms to 5 min
 */
public record ScrapeSettings(
        Duration activeInterval,
        Duration idleInterval,
        Duration refreshAge,
        Duration healthInterval,
        Duration modelsInterval,
        Duration timeout,
        Duration connectTimeout,
        Duration maxBackoff,
        int maxPageBytes,
        double engineShare,
        Duration longestInterval) {

    /** Most of an engine's time that its pages may take. */
    public static final double ENGINE_SHARE = 0.01;

    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Duration FIVE_MINUTES = Duration.ofMinutes(5);

    /** The shortest interval between pages. */
    public static final Duration LEAST_INTERVAL = Duration.ofMillis(5);

    /** The longest interval between pages. */
    public static final Duration MOST_INTERVAL = FIVE_MINUTES;

    /**
     * Checks every value.
     *
     * @throws IllegalArgumentException in one line that names the key, the bad value and the allowed range
     */
    public ScrapeSettings {
        within("activeInterval", activeInterval, LEAST_INTERVAL, MINUTE);
        within("idleInterval", idleInterval, activeInterval, FIVE_MINUTES);
        within("refreshAge", refreshAge, Duration.ofMillis(5), FIVE_MINUTES);
        within("healthInterval", healthInterval, Duration.ofMillis(100), FIVE_MINUTES);
        within("modelsInterval", modelsInterval, Duration.ofSeconds(1), Duration.ofHours(1));
        within("timeout", timeout, Duration.ofMillis(50), MINUTE);
        within("connectTimeout", connectTimeout, Duration.ofMillis(50), MINUTE);
        within("maxBackoff", maxBackoff, Duration.ofMillis(100), FIVE_MINUTES);
        within("longestInterval", longestInterval, LEAST_INTERVAL, MOST_INTERVAL);
        if (!(engineShare >= 1e-4 && engineShare <= 1)) {
            throw new IllegalArgumentException("engineShare: bad value \"" + engineShare + "\"; allowed: 0.0001 to 1");
        }
        if (maxPageBytes < 64 << 10 || maxPageBytes > 1 << 30) {
            throw new IllegalArgumentException(
                    "maxPageBytes: bad value \"" + maxPageBytes + "\"; allowed: 65536 to 1073741824");
        }
    }

    private static void within(String key, Duration value, Duration min, Duration max) {
        if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
            throw new IllegalArgumentException(
                    key + ": bad value \"" + shown(value) + "\"; allowed: " + shown(min) + " to " + shown(max));
        }
    }

    private static String shown(Duration value) {
        long nanos = value.toNanosPart() % 1_000_000;
        if (nanos != 0) {
            return value.toNanos() + "ns";
        }
        return value.toMillis() % 1000 == 0 ? value.toSeconds() + "s" : value.toMillis() + "ms";
    }

    /** 50 ms for working endpoints, 1 s for idle ones, re-read from an age of 200 ms where preference hangs on it. */
    public static ScrapeSettings adaptive() {
        return new Builder().build();
    }

    /**
     * The same interval for all endpoints, whatever they do.
     *
     * @throws IllegalArgumentException if it is not 5 ms to 1 min
     */
    public static ScrapeSettings fixed(Duration interval) {
        return new Builder().activeInterval(interval).idleInterval(interval).build();
    }

    /** Begins with {@link #adaptive}. */
    public static Builder builder() {
        return new Builder();
    }

    /** Begins with these. */
    public Builder toBuilder() {
        return new Builder()
                .activeInterval(activeInterval)
                .idleInterval(idleInterval)
                .refreshAge(refreshAge)
                .healthInterval(healthInterval)
                .modelsInterval(modelsInterval)
                .timeout(timeout)
                .connectTimeout(connectTimeout)
                .maxBackoff(maxBackoff)
                .maxPageBytes(maxPageBytes)
                .engineShare(engineShare)
                .longestInterval(longestInterval);
    }

    /** Collects settings, which are explained where they are components. */
    public static final class Builder {
        private Duration activeInterval = Duration.ofMillis(50);
        private Duration idleInterval = Duration.ofSeconds(1);
        private Duration refreshAge = Duration.ofMillis(200);
        private Duration healthInterval = Duration.ofSeconds(1);
        private Duration modelsInterval = Duration.ofSeconds(30);
        private Duration timeout = Duration.ofSeconds(2);
        private Duration connectTimeout = Duration.ofSeconds(1);
        private Duration maxBackoff = Duration.ofSeconds(5);
        private int maxPageBytes = 4 << 20;
        private double engineShare = 1;
        private Duration longestInterval = FIVE_MINUTES;

        private Builder() {}

        public Builder activeInterval(Duration value) {
            activeInterval = value;
            return this;
        }

        public Builder idleInterval(Duration value) {
            idleInterval = value;
            return this;
        }

        public Builder refreshAge(Duration value) {
            refreshAge = value;
            return this;
        }

        public Builder healthInterval(Duration value) {
            healthInterval = value;
            return this;
        }

        public Builder modelsInterval(Duration value) {
            modelsInterval = value;
            return this;
        }

        public Builder timeout(Duration value) {
            timeout = value;
            return this;
        }

        public Builder connectTimeout(Duration value) {
            connectTimeout = value;
            return this;
        }

        public Builder maxBackoff(Duration value) {
            maxBackoff = value;
            return this;
        }

        public Builder maxPageBytes(int value) {
            maxPageBytes = value;
            return this;
        }

        public Builder engineShare(double value) {
            engineShare = value;
            return this;
        }

        public Builder longestInterval(Duration value) {
            longestInterval = value;
            return this;
        }

        /**
         * The settings.
         *
         * @throws IllegalArgumentException in one line that names the key, the bad value and the allowed range
         */
        public ScrapeSettings build() {
            return new ScrapeSettings(
                    activeInterval,
                    idleInterval,
                    refreshAge,
                    healthInterval,
                    modelsInterval,
                    timeout,
                    connectTimeout,
                    maxBackoff,
                    maxPageBytes,
                    engineShare,
                    longestInterval);
        }
    }
}
