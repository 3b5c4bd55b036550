package io.kvasir.app;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmHeapPressureMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.quarkus.micrometer.runtime.binder.JVMInfoBinder;
import java.util.ArrayList;
import java.util.List;
import org.jboss.logging.Logger;

/**
 * Meters of the JVM and of the process. The framework would make them before anything is served, which takes a start as long
 * as some hundred requests.
 */
final class ProcessMeters implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(ProcessMeters.class);

    private final List<AutoCloseable> listening = new ArrayList<>();

    /** Has the registry show them from now on, until this is closed. */
    static ProcessMeters in(MeterRegistry registry) {
        var meters = new ProcessMeters();
        meters.bind(registry);
        return meters;
    }

    private void bind(MeterRegistry registry) {
        var all = new ArrayList<MeterBinder>(List.of(
                new ClassLoaderMetrics(),
                new JvmMemoryMetrics(),
                new JvmThreadMetrics(),
                new JVMInfoBinder(),
                new UptimeMetrics(),
                new ProcessorMetrics(),
                new FileDescriptorMetrics()));
        var pressure = new JvmHeapPressureMetrics();
        listening.add(pressure);
        all.add(pressure);
        if (!Kvasir.compiled()) {
            var collections = new JvmGcMetrics();
            listening.add(collections);
            all.add(collections);
        }
        all.forEach(binder -> binder.bindTo(registry));
    }

    @Override
    public void close() {
        for (var listener : listening) {
            try {
                listener.close();
            } catch (Exception e) {
                LOG.debug("meters of the JVM could not be closed", e);
            }
        }
    }
}
