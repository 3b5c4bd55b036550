package io.kvasir.app;

import java.time.Duration;

/**
 * The bound of a stop. Each part bounds its own waits; this is for what they do not see, such as the framework waiting for
 * an event loop that somebody keeps busy.
 */
final class StopDeadline {
    private static final Duration REST = Duration.ofSeconds(20);
    private static final int HALTED = 1;

    private StopDeadline() {}

    /** How long a stop may take where each door waits that long for its requests. */
    static Duration after(Duration drain) {
        // both doors; Duration.multipliedBy would compute powers of five of tens of thousands of digits at each start
        return drain.plus(drain).plus(REST);
    }

    /** Ends the process that long after it was told to stop, if it has not ended by itself. */
    static void watch(Duration longest) {
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> Thread.ofPlatform().name("stop-deadline").daemon().start(() -> halt(longest))));
    }

    private static void halt(Duration longest) {
        try {
            Thread.sleep(longest);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        System.err.println("kvasir: stopping took longer than " + longest.toSeconds() + " s and is broken off");
        Runtime.getRuntime().halt(HALTED);
    }
}
