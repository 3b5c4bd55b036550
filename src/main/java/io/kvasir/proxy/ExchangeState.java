package io.kvasir.proxy;

import io.kvasir.pool.Endpoint;
import io.kvasir.route.Outcome;
import org.jspecify.annotations.Nullable;

/**
 * What an {@link Exchange} is at; each state holds what is needed in it, and gives it back when the exchange leaves it.
 *
 * <pre>
 * BEGUN ──► READING ──► DECIDING ──► FORWARDING ──► RELAYING ──► OVER
 * </pre>
 */
sealed interface ExchangeState permits ExchangeState.Bare, ReadingBody, Deciding, Forwarding, Relay {

    /** States that hold nothing. */
    enum Bare implements ExchangeState {
        /** Nothing is known but the head of the request. */
        BEGUN,
        /** The answer is complete, or broken off. */
        OVER;

        @Override
        public void expire() {}

        @Override
        public void leave(Outcome outcome) {}
    }

    /** Whether silence says that somebody is gone; not while others are waited for who may take as long as they need. */
    default boolean silenceCounts() {
        return true;
    }

    /**
     * Looks after whoever is waited for; called now and then.
     *
     * @param silent sweeps since bytes moved
     */
    default void look(int silent, long nowNanos) {}

    /** Nothing moved for too long. */
    void expire();

    /**
     * The exchange ends here: gives back what is held, and cancels what is under way.
     *
     * @param outcome how a booking ends, where there is one
     */
    void leave(Outcome outcome);

    /** Whoever the request is at; null for nobody. */
    default @Nullable Endpoint endpoint() {
        return null;
    }
}
