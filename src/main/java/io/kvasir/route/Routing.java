package io.kvasir.route;

import io.kvasir.request.Refusal;

/** What became of a request: a booking at an endpoint, a refusal, or a wait for one of the two. */
public sealed interface Routing permits Routing.Decided, Waiting {

    /** Nothing more is to come. */
    sealed interface Decided extends Routing {}

    /** The request has an endpoint. */
    record Booked(Booking booking) implements Decided {}

    /** The request has none, and this is what the client is told. */
    record Refused(Refusal refusal) implements Decided {}
}
