package io.kvasir.app;

import io.kvasir.admission.flow.FlowControl;
import io.kvasir.admission.flow.FlowSettings;
import io.kvasir.config.FlowControlReader;
import io.kvasir.config.FollowedFile;
import io.kvasir.config.InvalidConfigException;
import io.kvasir.config.PickerConfig;
import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * How requests wait, as it counts now: by a file of its own, else by the {@code EndpointPickerConfig} where its gate is
 * open, else as is usual. Changes of either count while requests wait; whether they wait at all is decided at the start.
 */
final class FlowControlInForce implements AutoCloseable, Metered {
    private static final System.Logger LOG = System.getLogger(FlowControlInForce.class.getName());

    private final TrafficSettings traffic;
    private final @Nullable FollowedFile file;
    private volatile @Nullable FlowSettings own;
    private volatile PickerConfig.Flow picker;
    private volatile @Nullable FlowControl control;

    /** @throws InvalidConfigException where the file cannot be used */
    FlowControlInForce(TrafficSettings traffic, PickerConfig.Flow picker) throws InvalidConfigException {
        this.traffic = traffic;
        this.picker = picker;
        Path path = traffic.flowControlFile();
        file = path == null ? null : FollowedFile.load(path, "flow-control", content -> take(path.toString(), content));
    }

    private String take(String source, byte[] content) throws InvalidConfigException {
        own = FlowControlReader.read(source, content);
        apply();
        return "flow control";
    }

    /** Another {@code EndpointPickerConfig} counts. */
    void take(PickerConfig.Flow next) {
        boolean before = on();
        picker = next;
        if (on() != before) {
            LOG.log(System.Logger.Level.WARNING, "whether requests wait changes with the next start: flowControl");
        }
        apply();
    }

    private void apply() {
        var waits = control;
        if (waits != null) {
            waits.settings(settings());
        }
    }

    /** Whether requests wait. */
    boolean on() {
        Boolean told = traffic.flowControl();
        return told != null ? told : !Boolean.FALSE.equals(picker.gate());
    }

    /** How. */
    FlowSettings settings() {
        var mine = own;
        var configured = picker.settings();
        boolean open = Boolean.TRUE.equals(picker.gate());
        return mine != null ? mine : configured != null && open ? configured : FlowSettings.DEFAULT;
    }

    /** Has changes count there, from now on. */
    void follow(FlowControl waits) {
        control = waits;
        if (file != null) {
            file.follow();
        }
    }

    @Override
    public void describe(MetricSink sink) {
        if (file != null) {
            sink.counter("kvasir_flow_control_reloads", "Changed files of flow control taken.", file.reloads());
            sink.counter(
                    "kvasir_flow_control_failed_reloads",
                    "Changed files of flow control refused.",
                    file.failedReloads());
        }
    }

    @Override
    public void close() {
        if (file != null) {
            file.close();
        }
    }
}
