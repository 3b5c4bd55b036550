package io.kvasir.admission;

import io.kvasir.pool.Endpoint;
import io.kvasir.request.Refusal;
import io.kvasir.request.Refusals;
import org.jspecify.annotations.Nullable;

/**
 * What an admission hears of one request that it let in, from then to its end. Told by the thread that the request belongs
 * to at that moment, so by one after the other; none may block or take long.
 */
public interface Stay {
    /** Hears nothing. */
    Stay UNHEARD = new Stay() {
        @Override
        public Refusal expired() {
            return Refusals.waitExpired(0);
        }

        @Override
        public void booked(Endpoint endpoint, long uncachedTokens, Evictable request) {
            // nothing is kept of it
        }

        @Override
        public void ended(@Nullable Endpoint endpoint, long computedTokens, long outputTokens) {
            // nothing is kept of it
        }
    };

    /** What it is told whose ticket's deadline has come; nothing else follows then. */
    Refusal expired();

    /**
     * It is counted in the books of an endpoint. Called again where it moves to another one.
     *
     * @param uncachedTokens prompt tokens that are believed to have to be computed there
     * @param request may be kept until the end, to be asked back
     */
    void booked(Endpoint endpoint, long uncachedTokens, Evictable request);

    /**
     * The request is over. Called once, whatever became of it, also where no endpoint could take it or its caller had left
     * before anything was sent.
     *
     * @param endpoint where it was last; null where it was nowhere
     * @param computedTokens prompt tokens that were computed for it, as far as is known; 0 where none were
     * @param outputTokens tokens of its answer, as far as is known
     */
    void ended(@Nullable Endpoint endpoint, long computedTokens, long outputTokens);
}
