package io.kvasir.check;

import io.kvasir.schedule.Policy;
import java.time.Duration;

/**
 * How to look.
 *
 * @param timeout of each probe, 50 ms to 1 min
 * @param concurrency endpoints looked at at once, 1 to 256
 * @param policy that {@code serve} would have
 * @param strict whether a warning counts as a problem
 */
record CheckSettings(Duration timeout, int concurrency, Policy policy, boolean strict) {
    CheckSettings {
        if (timeout.toMillis() < 50 || timeout.toMillis() > 60_000) {
            throw new IllegalArgumentException("timeout: " + timeout.toMillis() / 1000.0 + "; allowed: 0.05 to 60 s");
        }
        if (concurrency < 1 || concurrency > 256) {
            throw new IllegalArgumentException("concurrency: " + concurrency + "; allowed: 1 to 256");
        }
    }
}
