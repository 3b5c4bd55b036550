package io.kvasir.extproc;

import java.util.concurrent.locks.LockSupport;

/** Waits for what other threads and processes do. */
final class Until {
    private static final long PATIENCE_NANOS = 30_000_000_000L;

    /** Something that becomes true. */
    interface Condition {
        boolean met() throws Exception;
    }

    private Until() {}

    /** Returns as soon as the condition holds; fails where it does not within half a minute. */
    static void met(Condition condition) {
        long start = System.nanoTime();
        while (System.nanoTime() - start < PATIENCE_NANOS) {
            try {
                if (condition.met()) {
                    return;
                }
            } catch (Exception e) {
                throw new AssertionError(e);
            }
            LockSupport.parkNanos(2_000_000);
        }
        throw new AssertionError("did not happen within half a minute");
    }
}
