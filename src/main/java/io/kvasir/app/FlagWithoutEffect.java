package io.kvasir.app;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Flags of other endpoint pickers that charts pass and that have nothing to act on here. */
enum FlagWithoutEffect {
    ZAP_DEVEL("lines look as --log-format says"),
    ZAP_STACKTRACE_LEVEL("a stack trace is logged wherever there is one"),
    ZAP_TIME_ENCODING("JSON lines have times in ISO 8601, text lines the time of day"),
    ENABLE_PPROF("the JDK's own tools take profiles, without a port"),
    ENABLE_GRPC_STREAM_METRICS("streams are always counted, as kvasir_ext_proc_*"),
    REFRESH_PROMETHEUS_METRICS_INTERVAL("metrics are computed when they are read"),
    FAIRNESS_ID_METRIC_LABEL_LIMIT("series of tenants and flows are bounded, at 1,000 and fewer"),
    PLUGIN_STATE_STALENESS_THRESHOLD("what is in flight is known by its stream, and an hour of silence ends it"),
    ALLOW_EXPERIMENTAL_PLUGINS("every plug-in that is here is allowed");

    private final String reason;

    FlagWithoutEffect(String reason) {
        this.reason = reason;
    }

    String key() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Why it has no effect. */
    String reason() {
        return reason;
    }

    /** Whether anybody misses something: what is switched off is off here too. */
    boolean isMissed(@Nullable String value) {
        return value == null || !Switch.isOff(value);
    }

    /** The flag of that name, or null. */
    static @Nullable FlagWithoutEffect named(String name) {
        for (var flag : values()) {
            if (flag.key().equals(name)) {
                return flag;
            }
        }
        return null;
    }
}
