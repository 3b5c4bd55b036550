package io.kvasir.admission;

import io.kvasir.pool.Endpoint;

/**
 * Decides when requests are scheduled. All methods may be called on any thread, event loops among them, so none may block
 * or take long; what waits, waits as a {@link Ticket} in memory. One that throws harms no request: what it would not tell of
 * is let in past it, and it hears nothing more of that request.
 *
 * <pre>
 *  admit ──► let in ─────────────────────┬──► booked at an endpoint ──► freed … ──► ended
 *    │                                   └──► no endpoint took it ────────────────► ended
 *    ├─────► held ──► let go ──► (as let in)
 *    │          ├───► refused, expired
 *    │          └───► cancelled: its caller left or waits no longer
 *    └─────► refused
 * </pre>
 */
public interface Admission {
    /** Lets everything in at once, and keeps nothing. */
    Admission OPEN = new OpenAdmission();

    /**
     * A request asks to be scheduled. It is let in, refused, or held by {@link Arrival#hold}. What becomes of one that is
     * let in, the {@link Stay} of the verdict hears.
     *
     * @param arrival readable during this call only
     */
    Verdict admit(Arrival arrival);

    /**
     * An endpoint may have room that it had not: by our own books, since a prompt is computed or a request ended or moved
     * away; by a newer page of its metrics; or since it joined or is described otherwise.
     */
    void freed(Endpoint endpoint);
}
