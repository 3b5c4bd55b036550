package io.kvasir.app;

import io.kvasir.config.FollowedFile;
import io.kvasir.config.InvalidConfigException;
import io.kvasir.config.PickerConfig;
import io.kvasir.cost.TimeModel;
import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import io.kvasir.route.Router;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The {@code EndpointPickerConfig} that counts: followed where it is in a file, so that what it says of scheduling changes
 * while requests run. A file that cannot be used leaves the last good one in force. How engines are read is as it was at the
 * start.
 */
final class PickerConfigInForce implements AutoCloseable, Metered {
    private static final System.Logger LOG = System.getLogger(PickerConfigInForce.class.getName());

    private final RoutingSettings settings;
    private final TimeModel time;
    private final @Nullable FollowedFile file;
    private volatile PickerConfig config = PickerConfig.NONE;
    private volatile @Nullable Router router;
    private volatile Consumer<PickerConfig.Flow> waits = _ -> {};

    private PickerConfigInForce(RoutingSettings settings, TimeModel time) throws InvalidConfigException {
        this.settings = settings;
        this.time = time;
        var flags = settings.config();
        Path path = flags == null ? null : flags.file();
        if (flags == null) {
            file = null;
        } else if (path == null) {
            file = null;
            config = flags.fixed(time);
        } else {
            file = FollowedFile.load(path, "picker-config", content -> take(flags.read(content, time)));
        }
    }

    /** Reads it. */
    static PickerConfigInForce load(RoutingSettings settings, TimeModel time) throws InvalidConfigException {
        return new PickerConfigInForce(settings, time);
    }

    private String take(PickerConfig read) {
        var before = config;
        config = read;
        var decider = router;
        if (decider != null) {
            decider.swap(settings.profiles(time, read));
            waits.accept(read.flow());
            read.notices().forEach(notice -> LOG.log(System.Logger.Level.WARNING, notice));
            if (!before.engines().equals(read.engines())) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "how engines are read changes with the next start: metrics-data-source and"
                                + " core-metrics-extractor");
            }
        }
        return "choosing by " + settings.decides(read);
    }

    /** What it says now. */
    PickerConfig config() {
        return config;
    }

    /**
     * Has it change how that router decides from now on.
     *
     * @param queue is told what it says of waiting, where that may have changed
     */
    void follow(Router decider, Consumer<PickerConfig.Flow> queue) {
        waits = queue;
        router = decider;
        if (file != null) {
            file.follow();
        }
    }

    /** All of it as values of JSON. */
    Map<String, Object> shown() {
        var now = config;
        var shown = new LinkedHashMap<String, Object>();
        var flags = settings.config();
        shown.put("source", flags == null ? "none" : flags.file() == null ? "--config-text" : flags.source());
        shown.put("decides", settings.decides(now));
        shown.put("shadow", Objects.requireNonNullElse(settings.shadows(now), "none"));
        shown.put("generated", now.generated());
        shown.put("config", now.active());
        shown.put("notices", now.notices());
        if (file != null) {
            shown.put("reloads", file.reloads());
            shown.put("failedReloads", file.failedReloads());
            String problem = file.problem();
            shown.put("problem", problem == null ? "" : problem);
        }
        return shown;
    }

    @Override
    public void describe(MetricSink sink) {
        if (file != null) {
            sink.counter("kvasir_config_reloads", "Changed EndpointPickerConfigs taken.", file.reloads());
            sink.counter(
                    "kvasir_config_failed_reloads", "Changed EndpointPickerConfigs refused.", file.failedReloads());
        }
    }

    @Override
    public void close() {
        if (file != null) {
            file.close();
        }
    }
}
