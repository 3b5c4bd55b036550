package io.kvasir.route;

import io.kvasir.traffic.Door;
import org.jspecify.annotations.Nullable;

/** Begins a trace for each request that comes to a door. */
@FunctionalInterface
public interface RequestTraces {
    /** No request is traced. */
    RequestTraces OFF = (door, parent, state) -> null;

    /** Has another follow requests as well; these name the trace to who is asked next. */
    default RequestTraces and(RequestTraces other) {
        return new BothTraces(this, other);
    }

    /**
     * A request comes.
     *
     * @param parent its {@code traceparent} header, as W3C's Trace Context has it; null for none. What cannot be read
     *     counts as none
     * @param state its {@code tracestate} header; null for none
     * @return null where requests are not traced
     */
    @Nullable
    RequestTrace begin(Door door, @Nullable String parent, @Nullable String state);
}
