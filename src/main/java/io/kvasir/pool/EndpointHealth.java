package io.kvasir.pool;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * Whether an endpoint may be sent requests, learned from probes and from traffic. A new endpoint is {@link
 * State#UNKNOWN} and may be tried. A refused connection takes it down at once; other failures of traffic do so after
 * {@link #FAILURES_TO_EJECT} in a row. Down, it comes back with the next good probe.
 */
public final class EndpointHealth {
    /** Failures of traffic in a row, without a success between, that take an endpoint down. */
    public static final int FAILURES_TO_EJECT = 5;

    /** Failed probes in a row that take an endpoint down. */
    public static final int FAILED_PROBES_TO_EJECT = 3;

    /** What is believed. */
    public enum State {
        UNKNOWN,
        UP,
        DOWN
    }

    private volatile State state = State.UNKNOWN;
    private final AtomicInteger failures = new AtomicInteger();
    private final AtomicInteger failedProbes = new AtomicInteger();
    private final LongAdder ejections = new LongAdder();

    public State state() {
        return state;
    }

    /** Whether requests may be sent. */
    public boolean routable() {
        return state != State.DOWN;
    }

    /** Times it went down. */
    public long ejections() {
        return ejections.sum();
    }

    /** A connection for a request could not be made. */
    public void connectFailed() {
        down();
    }

    /** A request failed by the endpoint's fault: 5xx, a reset, a broken answer. */
    public void requestFailed() {
        if (failures.incrementAndGet() >= FAILURES_TO_EJECT) {
            down();
        }
    }

    /** A request was answered. Does not bring a down endpoint back: only a probe does. */
    public void requestServed() {
        if (failures.get() != 0) {
            failures.set(0);
        }
        if (state == State.UNKNOWN) {
            state = State.UP;
        }
    }

    /** The engine answered its health probe. */
    public void probePassed() {
        failedProbes.set(0);
        if (state != State.UP) {
            failures.set(0);
            state = State.UP;
        }
    }

    /** The engine did not answer its health probe, or said that it is not well. */
    public void probeFailed() {
        if (failedProbes.incrementAndGet() >= FAILED_PROBES_TO_EJECT) {
            down();
        }
    }

    private void down() {
        if (state != State.DOWN) {
            state = State.DOWN;
            ejections.increment();
        }
    }
}
