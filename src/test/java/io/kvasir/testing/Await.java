package io.kvasir.testing;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Waits for what other threads and processes do. */
public final class Await {
    private static final Duration LONGEST = Duration.ofSeconds(30);

    /** Something that becomes true. */
    @FunctionalInterface
    public interface Condition {
        /** Whether it is; a failure to find out ends the waiting. */
        boolean met() throws Exception;
    }

    private Await() {}

    /** Returns as soon as the condition holds; fails where it does not in time. */
    public static void await(Condition condition) {
        until("what is awaited", condition);
    }

    /** {@link #await} that says what was awaited. */
    public static void until(String what, Condition condition) {
        long deadline = System.nanoTime() + LONGEST.toNanos();
        while (!met(condition)) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("not within " + LONGEST + ": " + what);
            }
            LockSupport.parkNanos(500_000);
        }
    }

    private static boolean met(Condition condition) {
        try {
            return condition.met();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
