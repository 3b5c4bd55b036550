package io.kvasir.admission;

import io.kvasir.request.Refusal;

/** What an {@link Admission} says to a request. */
public sealed interface Verdict {
    /** It is to be scheduled now, and nobody wants to hear of it. */
    Verdict ADMITTED = new Admitted(Stay.UNHEARD);

    /** It is to be scheduled now; what becomes of it, {@code stay} hears. */
    record Admitted(Stay stay) implements Verdict {}

    /** It waits; what becomes of it once it was let go, {@code stay} hears. */
    record Held(Ticket ticket, Stay stay) implements Verdict {}

    /** It is not served, and this is what its client is told. */
    record Refused(Refusal refusal) implements Verdict {}
}
