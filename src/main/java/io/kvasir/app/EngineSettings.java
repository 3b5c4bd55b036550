package io.kvasir.app;

import io.kvasir.scrape.EngineAccess;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How engines are read.
 *
 * @param refresh fixed interval between metrics pages; null for the adaptive one
 * @param staleness age from which a page no longer counts
 * @param timeScale how much faster than real time simulated engines run
 * @param access how pages are got at
 */
record EngineSettings(@Nullable Duration refresh, Duration staleness, double timeScale, EngineAccess access) {

    static EngineSettings of(FlagValues values) {
        return new EngineSettings(
                values.text(Flag.REFRESH_METRICS_INTERVAL).equals("auto")
                        ? null
                        : values.duration(Flag.REFRESH_METRICS_INTERVAL, Duration.ofMillis(5), Duration.ofMinutes(1)),
                values.duration(Flag.METRICS_STALENESS_THRESHOLD, Duration.ofMillis(5), Duration.ofHours(1)),
                values.number(Flag.TIME_SCALE, 0.1, 10),
                EngineFlags.read(values));
    }
}
