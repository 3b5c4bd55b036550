package io.kvasir.testing;

import java.util.concurrent.RejectedExecutionException;

/** Ends the API servers that tests make up. */
public final class MockServers {
    private MockServers() {}

    /**
     * Stops one. Its library stops its event loops and then awaits, on them, that they have stopped, which is rejected where
     * they were quick: stopped is what it should be.
     */
    public static void stop(Runnable shutdown) {
        try {
            shutdown.run();
        } catch (RejectedExecutionException _) {
            // they were quick
        }
    }
}
