package io.kvasir.admission;

import io.kvasir.pool.Endpoint;
import io.kvasir.request.Request;
import org.jspecify.annotations.Nullable;

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
     * A request asks to be scheduled. It is let in, refused, or held by {@link Arrival#hold}.
     *
     * @param arrival readable during this call only
     */
    Verdict admit(Arrival arrival);

    /**
     * A request that was let in or let go is over. Called once for each, whatever became of it, also where no endpoint
     * could take it or its caller had left before anything was sent.
     *
     * @param request as {@link Arrival#request} gave it
     * @param endpoint where it was last; null where it was nowhere
     * @param computedTokens prompt tokens that were computed for it, as far as is known; 0 where none were
     * @param outputTokens tokens of its answer, as far as is known
     */
    void ended(Request request, @Nullable Endpoint endpoint, long computedTokens, long outputTokens);

    /**
     * An endpoint may have room that it had not: by our own books, since a prompt is computed or a request ended or moved
     * away; by a newer page of its metrics; or since it joined or is described otherwise.
     */
    void freed(Endpoint endpoint);
}
