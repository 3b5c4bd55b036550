package io.kvasir.route;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Whose turn it is with the books of one request: its owner changes them, and anybody may end them, once. An end that comes
 * while they are being changed is left to the owner, who carries it out when the change is made. Nobody waits.
 */
final class Turn {
    sealed interface State {}

    private enum Plain implements State {
        FREE,
        CHANGING,
        ENDED
    }

    /** How the books end; as a state, one that is left to the owner. */
    record Ending(Outcome outcome, boolean timed) implements State {}

    private final AtomicReference<State> state = new AtomicReference<>(Plain.FREE);

    /** Begins a change, to be followed by {@link #changed}; false where the books have ended, and nothing is to be changed. */
    boolean change() {
        return state.compareAndSet(Plain.FREE, Plain.CHANGING);
    }

    /** The change is made. Returns the end that was left meanwhile, to be carried out by the caller; null for none. */
    @Nullable
    Ending changed() {
        if (state.compareAndSet(Plain.CHANGING, Plain.FREE)) {
            return null;
        }
        return (Ending) state.getAndSet(Plain.ENDED);
    }

    /** Ends the books. Returns whether the caller is to carry that out; else another one does, or did. */
    boolean end(Ending how) {
        while (true) {
            var now = state.get();
            if (now == Plain.FREE) {
                if (state.compareAndSet(Plain.FREE, Plain.ENDED)) {
                    return true;
                }
            } else if (now != Plain.CHANGING || state.compareAndSet(Plain.CHANGING, how)) {
                return false;
            }
        }
    }

    /** Whether the books have ended, be it that their end is still to be carried out. */
    boolean ended() {
        var now = state.get();
        return now == Plain.ENDED || now instanceof Ending;
    }
}
