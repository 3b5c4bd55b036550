package io.kvasir.schedule;

import io.kvasir.pool.Endpoint;
import java.util.Set;

/** A part of a profile: a {@link Filter}, a {@link Scorer}, a {@link Picker}, or several of them in one. */
public interface Plugin {

    /** Name in configuration, explanations and metrics. */
    String name();

    /** What it reads, with its parameters as they are; the same for as long as it lives. */
    default Set<Need> needs() {
        return Set.of();
    }

    /** Names of request headers, in lower case, that it reads by {@link io.kvasir.request.RequestHeaders#other}. */
    default Set<String> headers() {
        return Set.of();
    }

    /** Names of headers, in lower case, in which an answer has the {@link SessionToken} of its endpoint. */
    default Set<String> tokenHeaders() {
        return Set.of();
    }

    /**
     * Told of the endpoint that a request was booked at, on the context that it was decided in; not of explanations. Called
     * from any thread.
     */
    default void booked(SchedulingContext context, Endpoint endpoint) {}
}
