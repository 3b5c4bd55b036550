package io.kvasir.route;

import io.kvasir.schedule.Rejection;

/** What became of a request: a booking at an endpoint, or a refusal. */
public sealed interface Routing {

    /** The request has an endpoint. */
    record Booked(Booking booking) implements Routing {}

    /** The request has none, and this is what the client is told. */
    record Refused(Rejection rejection) implements Routing {}
}
