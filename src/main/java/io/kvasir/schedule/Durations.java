package io.kvasir.schedule;

import io.kvasir.request.GoDuration;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Durations as Go writes them ({@code time.ParseDuration}), such as {@code 200ms} or {@code 1m30s}. */
final class Durations {
    private Durations() {}

    /** A parameter in nanoseconds. */
    static Parameter<Long> parameter(String name, Duration otherwise) {
        return Parameter.of(name, otherwise.toNanos(), "a duration such as 200ms or 1m30s", Durations::nanos);
    }

    private static @Nullable Long nanos(Object given) {
        if (given instanceof Long number) {
            // a default, in nanoseconds as Go's own JSON has it
            return number >= 0 ? number : null;
        }
        long nanos = given instanceof String text ? GoDuration.nanos(text) : GoDuration.NONE;
        return nanos == GoDuration.NONE ? null : (Long) nanos;
    }
}
