package io.kvasir.scrape;

import io.kvasir.pool.EngineProtocol;

/**
 * Which protocol an endpoint's API is spoken to in: the one of its description, until another was tried with success. What
 * answers a health probe oddly may speak the other one only, which is tried now and then.
 */
final class SpokenProtocol {
    /** Odd answers between two trials. */
    private static final int ODD_ANSWERS = 32;

    private EngineProtocol now;
    private int oddAnswers;
    private boolean trial;

    SpokenProtocol(EngineProtocol described) {
        now = described;
    }

    EngineProtocol now() {
        return now;
    }

    /** Whether it is tried, and what answered before counts where it fails. */
    boolean onTrial() {
        return trial;
    }

    /** An odd answer came: whether the other protocol is tried from now on. */
    boolean odd() {
        if (oddAnswers++ % ODD_ANSWERS != 0) {
            return false;
        }
        trial = true;
        now = other();
        return true;
    }

    /** A probe passed: whether that ends a trial. */
    boolean passed() {
        boolean tried = trial;
        trial = false;
        return tried;
    }

    /** The trial failed: it is as before. */
    void failed() {
        trial = false;
        now = other();
    }

    private EngineProtocol other() {
        return now == EngineProtocol.HTTP ? EngineProtocol.H2C : EngineProtocol.HTTP;
    }
}
