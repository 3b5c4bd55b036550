package io.kvasir.scrape;

import io.kvasir.pool.EngineKind;
import io.kvasir.pool.EngineStats;
import io.kvasir.pool.ServedModel;
import io.kvasir.pool.ToldEvents;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reads single answers of one kind of engine as the scraper would, for those who want to know what it would see. */
public final class EngineProbe {
    /** Without these a router knows nothing of an engine's load but its own books. */
    private static final List<Quantity> LOAD = List.of(Quantity.RUNNING, Quantity.WAITING, Quantity.KV_USAGE);

    private final EngineMetrics metrics;

    /** For that kind of engine. */
    public EngineProbe(EngineKind engine) {
        metrics = EngineMetrics.of(engine);
    }

    /**
     * What a metrics page says. Quantities are named as in {@code engine-metrics.txt}.
     *
     * @param stats as routing takes them
     * @param found what the page has
     * @param missing what the engine's mapping looks for and the page has not; some come only once they are used
     * @param missingLoad those of {@code missing} that tell how busy the engine is
     * @param unmapped what this kind of engine is not known to tell
     * @param malformed lines and values that were looked for and not understood
     */
    public record Page(
            EngineStats stats,
            List<String> found,
            List<String> missing,
            List<String> missingLoad,
            List<String> unmapped,
            long malformed) {}

    public String metricsPath() {
        return metrics.path();
    }

    public String healthPath() {
        return metrics.healthPath();
    }

    public String modelsPath() {
        return metrics.modelsPath();
    }

    /** Path of what tells where KV events are published; null where nothing does. */
    public @Nullable String eventsPath() {
        return metrics.eventsPath();
    }

    /** Reads what tells where KV events are published; null if it is nothing of the kind. */
    public static @Nullable ToldEvents events(byte[] text) {
        var events = new EventSourceList();
        events.begin();
        events.add(text, 0, text.length);
        return events.read();
    }

    /** Reads a page. */
    public Page page(byte[] text) {
        var reader = new StatsReader(metrics);
        var scanner = new MetricsPageScanner(metrics.families(), reader);
        reader.begin();
        scanner.begin();
        scanner.feed(text, 0, text.length);
        scanner.end();
        var found = new ArrayList<String>();
        var missing = new ArrayList<String>();
        var missingLoad = new ArrayList<String>();
        var unmapped = new ArrayList<String>();
        for (Quantity quantity : Quantity.values()) {
            String name = quantity.name().toLowerCase(Locale.ROOT).replace('_', '-');
            if (metrics.slotsOf(quantity).length == 0) {
                unmapped.add(name);
            } else if (reader.has(quantity)) {
                found.add(name);
            } else {
                missing.add(name);
                if (LOAD.contains(quantity)) {
                    missingLoad.add(name);
                }
            }
        }
        return new Page(
                reader.recognised() ? reader.stats(0) : EngineStats.UNKNOWN,
                List.copyOf(found),
                List.copyOf(missing),
                List.copyOf(missingLoad),
                List.copyOf(unmapped),
                scanner.malformed() + reader.odd());
    }

    /** Reads a list of models; null if it is none. */
    public static @Nullable List<ServedModel> models(byte[] text) {
        var models = new ModelList();
        models.begin();
        models.add(text, 0, text.length);
        var read = models.read(0);
        return read == null ? null : read.list();
    }
}
