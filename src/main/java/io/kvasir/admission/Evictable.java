package io.kvasir.admission;

import io.kvasir.request.Refusal;

/** A request in flight that may be asked to give its place back. Any thread may ask; answers are of that moment. */
public interface Evictable {
    /** Whether its door can still end it with words of ours: its client has been told nothing yet. */
    boolean evictable();

    /** Whether content of its answer was seen. */
    boolean begun();

    /** Seconds of an engine's work that were done for it and would be lost, by prediction. */
    double spentSeconds();

    /** Predicted seconds to its last token. */
    double secondsLeft();

    /**
     * Asks its door to end it with that answer. That it did is told by {@link Stay#ended}, which may follow in this call.
     *
     * @return false where it can't be ended any more, or was asked before
     */
    boolean evict(Refusal refusal);
}
