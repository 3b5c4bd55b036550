package io.kvasir.extproc;

import io.kvasir.route.BodyBudget;
import io.kvasir.route.Router;

/**
 * What all streams of a picker share.
 *
 * @param router decides
 * @param settings how streams behave
 * @param budget bytes of bodies in memory
 * @param counts what happened
 * @param later runs something after a while, on any thread; for books that nobody closes
 */
record StreamContext(Router router, StreamSettings settings, BodyBudget budget, ExtProcCounts counts, Later later) {

    /** A way to do something later. */
    @FunctionalInterface
    interface Later {
        /** Runs the task after that many seconds, once. */
        void run(double seconds, Runnable task);
    }
}
