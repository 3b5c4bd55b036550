package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.prometheus.PrometheusConfig;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import java.io.IOException;
import org.junit.jupiter.api.Test;

@SuppressWarnings("deprecation") // the program's own type of registry
class ProcessMetersTest {
    /** The families that the framework would bring. */
    private static final String[] FAMILIES = {
        "jvm_buffer_count_buffers",
        "jvm_buffer_memory_used_bytes",
        "jvm_buffer_total_capacity_bytes",
        "jvm_classes_loaded_classes",
        "jvm_classes_unloaded_classes_total",
        "jvm_gc_live_data_size_bytes",
        "jvm_gc_max_data_size_bytes",
        "jvm_gc_memory_allocated_bytes_total",
        "jvm_gc_memory_promoted_bytes_total",
        "jvm_gc_overhead",
        "jvm_info_total",
        "jvm_memory_committed_bytes",
        "jvm_memory_max_bytes",
        "jvm_memory_usage_after_gc",
        "jvm_memory_used_bytes",
        "jvm_threads_daemon_threads",
        "jvm_threads_live_threads",
        "jvm_threads_peak_threads",
        "jvm_threads_started_threads_total",
        "jvm_threads_states_threads",
        "process_cpu_usage",
        "process_files_max_files",
        "process_files_open_files",
        "process_start_time_seconds",
        "process_uptime_seconds",
        "system_cpu_count",
        "system_cpu_usage",
        "system_load_average_1m",
    };

    @Test
    void thePageHasTheFamiliesThatTheFrameworkWouldBringAndThatDashboardsAskFor() throws IOException {
        var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        try (var _ = ProcessMeters.in(registry)) {
            var names = registry.scrape()
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> line.split("[{ ]", 2)[0])
                    .toList();
            assertThat(names).contains(FAMILIES).containsAll(DashboardsTest.othersAsked());
            assertThat(registry.scrape()).contains("jvm_memory_used_bytes{area=\"heap\"");
        } finally {
            registry.close();
        }
    }
}
