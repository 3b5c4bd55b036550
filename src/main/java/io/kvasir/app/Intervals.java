package io.kvasir.app;

import io.kvasir.route.RouterSettings;
import io.kvasir.scrape.ScrapeSettings;
import java.time.Duration;

/** Intervals and ages as the settings have them, shortened where simulated time runs faster. */
final class Intervals {
    private Intervals() {}

    static RouterSettings router(EngineSettings settings) {
        double scale = settings.timeScale();
        return RouterSettings.DEFAULT.withAges(
                scaled(settings.staleness(), scale), scaled(RouterSettings.DEFAULT.refreshAge(), scale));
    }

    static ScrapeSettings scrape(EngineSettings settings) {
        double scale = settings.timeScale();
        var standard =
                settings.refresh() == null ? ScrapeSettings.adaptive() : ScrapeSettings.fixed(settings.refresh());
        return new ScrapeSettings(
                        scaled(standard.activeInterval(), scale),
                        scaled(standard.idleInterval(), scale),
                        scaled(standard.refreshAge(), scale),
                        standard.healthInterval(),
                        standard.modelsInterval(),
                        standard.timeout(),
                        standard.connectTimeout(),
                        standard.maxBackoff(),
                        standard.maxPageBytes())
                // the next page comes before the last one no longer counts
                .atMost(
                        ScrapeSettings.ENGINE_SHARE,
                        scaled(settings.staleness().multipliedBy(9).dividedBy(10), scale));
    }

    private static Duration scaled(Duration real, double scale) {
        return Duration.ofNanos(Math.clamp(Math.round(real.toNanos() / scale), 5_000_000, 300_000_000_000L));
    }
}
