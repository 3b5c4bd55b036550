package io.kvasir.route;

import io.kvasir.request.Refusal;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A door's request that can wait for its decision. The door is asked on one thread, its loop, and hears of the decision
 * there; nothing waits on a thread meanwhile.
 */
public interface Waiter {
    /** Runs something on the loop, and never before the present task of the loop is over. From any thread. */
    void execute(Runnable task);

    /** The wait is over. Called on the loop, once for each {@link Waiting}, unless that is cancelled or hurried before. */
    void decided(Routing.Decided routing);

    /**
     * Whether the door can still end a request that was booked with an answer of ours: its client has been told nothing
     * yet. From any thread; a moment later it may be otherwise.
     */
    default boolean evictable() {
        return false;
    }

    /**
     * Gives up what was booked for the request, and answers it so if its client has still been told nothing; else nothing
     * happens. Called on the loop, once at most.
     */
    default void evict(Refusal refusal) {
        // a door that cannot is not asked
    }

    /**
     * The request's body as it came, in pieces that nobody writes to any more; null where the door does not hold all of it.
     * Called on the loop.
     */
    default @Nullable List<ByteBuffer> body() {
        return null;
    }

    /**
     * Asks the endpoints which of them keeps something, where the door can.
     *
     * @param done run once, within a bounded time, when one was found or nobody is left to ask
     * @return false where nobody is asked; {@code done} then is not run
     */
    default boolean search(StoredObject object, Runnable done) {
        return false;
    }
}
