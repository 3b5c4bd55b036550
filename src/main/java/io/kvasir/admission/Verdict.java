package io.kvasir.admission;

import io.kvasir.request.Refusal;

/** What an {@link Admission} says to a request. */
public sealed interface Verdict {
    /** It is to be scheduled now. */
    Verdict ADMITTED = new Admitted();

    /** It is to be scheduled now. */
    record Admitted() implements Verdict {}

    /** It waits. */
    record Held(Ticket ticket) implements Verdict {}

    /** It is not served, and this is what its client is told. */
    record Refused(Refusal refusal) implements Verdict {}
}
