package io.kvasir.route;

import io.kvasir.request.Refusal;

/** What became of a request: a booking at an endpoint, or a refusal. */
public sealed interface Routing {

    /** The request has an endpoint. */
    record Booked(Booking booking) implements Routing {}

    /** The request has none, and this is what the client is told. */
    record Refused(Refusal refusal) implements Routing {}
}
