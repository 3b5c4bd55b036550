package io.kvasir.app;

import io.kvasir.clock.ScaledClock;
import io.kvasir.config.PickerConfig;
import io.kvasir.kvevents.KvEventSettings;
import io.kvasir.route.RouterSettings;
import io.kvasir.scrape.EngineAccess;
import io.kvasir.scrape.ScrapeSettings;
import java.time.Duration;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How engines are read.
 *
 * @param refresh fixed interval between metrics pages; null for the adaptive one
 * @param staleness age from which a page no longer counts
 * @param timeScale how much faster than real time simulated engines run; the other times here are theirs
 * @param access how pages are got at
 * @param events how their KV events are taken
 * @param tokens who knows the tokens that those speak of
 */
record EngineSettings(
        @Nullable Duration refresh,
        Duration staleness,
        double timeScale,
        EngineAccess access,
        KvEventSettings events,
        TokenSettings tokens) {

    private static final Duration SHORTEST_REFRESH = Duration.ofMillis(5);
    private static final Duration LONGEST_REFRESH = Duration.ofMinutes(1);
    private static final Pattern BIND = Pattern.compile("tcp://[^/\\s]+:\\d{1,5}");

    /** @param configured what counts where no flag is given */
    static EngineSettings of(FlagValues values, PickerConfig.Engines configured) {
        var access = EngineFlags.read(values, configured);
        return new EngineSettings(
                values.text(Flag.REFRESH_METRICS_INTERVAL).equals("auto") ? null : refresh(values),
                values.duration(Flag.METRICS_STALENESS_THRESHOLD, Duration.ofMillis(5), Duration.ofHours(1)),
                values.number(Flag.TIME_SCALE, 0.1, 10),
                access,
                (values.given(Flag.KV_EVENTS_BIND)
                                ? KvEventSettings.DEFAULT.at(values.matching(
                                        Flag.KV_EVENTS_BIND, BIND, "tcp://ADDRESS:PORT, such as tcp://*:5557"))
                                : KvEventSettings.DEFAULT)
                        .with(access.key())
                        .silentFor(values.duration(
                                Flag.KV_EVENTS_SILENCE, Duration.ofMillis(500), Duration.ofMinutes(10))),
                TokenSettings.of(values));
    }

    /** Other pickers raise what is too short, and bear what is long. */
    private static Duration refresh(FlagValues values) {
        var told = values.duration(Flag.REFRESH_METRICS_INTERVAL);
        var taken = told.compareTo(SHORTEST_REFRESH) < 0 ? SHORTEST_REFRESH : told;
        taken = taken.compareTo(LONGEST_REFRESH) > 0 ? LONGEST_REFRESH : taken;
        if (!taken.equals(told)) {
            values.warn("--" + Flag.REFRESH_METRICS_INTERVAL.key() + ": " + values.text(Flag.REFRESH_METRICS_INTERVAL)
                    + " is taken for " + Quantities.shown(taken));
        }
        return taken;
    }

    /** The clock of the engines. */
    ScaledClock clock() {
        return ScaledClock.of(System::nanoTime, timeScale);
    }

    /** How old what is read of them may be. */
    RouterSettings router() {
        return RouterSettings.DEFAULT.withAges(staleness, RouterSettings.DEFAULT.refreshAge());
    }

    /** How often they are read. */
    ScrapeSettings scrape(ScaledClock clock) {
        var standard = refresh == null ? ScrapeSettings.adaptive() : ScrapeSettings.fixed(refresh);
        // however fast they run, this machine reads no page more often than that
        var least = Duration.ofNanos(clock.nanosIn(ScrapeSettings.LEAST_INTERVAL));
        var active = longer(standard.activeInterval(), least);
        return standard.toBuilder()
                .activeInterval(active)
                .idleInterval(longer(standard.idleInterval(), active))
                .engineShare(ScrapeSettings.ENGINE_SHARE)
                // the next page comes before the last one no longer counts
                // in nanoseconds: Duration divides by decimals, the first of which takes as long as a handshake
                .longestInterval(longer(
                        shorter(Duration.ofNanos(staleness.toNanos() / 10 * 9), ScrapeSettings.MOST_INTERVAL),
                        ScrapeSettings.LEAST_INTERVAL))
                .build();
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) > 0 ? one : other;
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}
