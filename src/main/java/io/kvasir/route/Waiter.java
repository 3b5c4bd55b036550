package io.kvasir.route;

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
     * Asks the endpoints which of them keeps something, where the door can.
     *
     * @param done run once, within a bounded time, when one was found or nobody is left to ask
     * @return false where nobody is asked; {@code done} then is not run
     */
    default boolean search(StoredObject object, Runnable done) {
        return false;
    }
}
