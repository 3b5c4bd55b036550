package io.kvasir.schedule;

import io.kvasir.request.Refusal;

/** Drops candidates that must not, or should not, serve a request. */
public interface Filter extends Plugin {

    /** Leaves in {@code context} the candidates that pass. */
    void filter(SchedulingContext context);

    /** What to tell the client when this filter left nobody; asked on the same context. */
    Refusal refusal(SchedulingContext context);
}
