package io.kvasir.pool;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Whether an endpoint may be sent requests, learned from probes and from traffic.
 *
 * <pre>
 *             refused, or 3 failed probes
 *   UNKNOWN, UP ─────────────► DOWN ──good probe──► UP, or TRIAL where requests had failed
 *       │ outlier               ▲
 *       ▼                       │
 *    EJECTED ──time over──► TRIAL ──3 served──► UP
 *       ▲                     │
 *       └── failed, for twice as long
 * </pre>
 *
 * A refused connection is the strongest evidence. Failed requests count only where {@link OutlierDetection} finds that
 * others do not have them; a "too busy" is never a fault. Who may be picked in the end is the scheduler's: it does not
 * follow these into taking everybody out.
 */
public final class EndpointHealth {
    /** Failed probes in a row that take an endpoint down. */
    public static final int FAILED_PROBES_TO_EJECT = 3;

    /** Requests that an ejected endpoint has to serve before it is as good as others. */
    public static final int TRIALS_TO_HEAL = 3;

    private static final long FIRST_EJECTION_NANOS = 5_000_000_000L;
    private static final int MOST_DOUBLINGS = 6;
    /** Good time that takes one doubling back. */
    private static final long HEALING_NANOS = 60_000_000_000L;

    /** What is believed. */
    public enum State {
        UNKNOWN,
        UP,
        /** Was ejected and is sent a few requests to show how it does. */
        TRIAL,
        EJECTED,
        DOWN
    }

    /** How it looks to a decision, best first. */
    public enum Standing {
        GOOD,
        /** It said that it is too busy, a moment ago. */
        PRESSED,
        EJECTED,
        SILENT,
        REFUSED
    }

    private final OutcomeHistory outcomes = new OutcomeHistory();
    private final OutcomeHistory refusals = new OutcomeHistory();
    private final BackPressure pressure = new BackPressure();
    private final AtomicInteger failedProbes = new AtomicInteger();
    private final AtomicInteger trials = new AtomicInteger();
    private final AtomicLongArray ejections = new AtomicLongArray(Ejection.values().length);
    private final Object change = new Object();
    private volatile State state = State.UNKNOWN;
    private volatile boolean refused;
    private volatile double excess;
    private volatile double refusing;
    private volatile long ejectedUntilNanos;
    private volatile int trialsServed;
    private volatile long heardNanos;
    private int doublings;

    public State state() {
        return state;
    }

    /** Whether it can be reached, as far as is known. */
    public boolean routable() {
        return state != State.DOWN;
    }

    /** How it looks at {@code nowNanos}. */
    public Standing standing(long nowNanos) {
        return switch (state) {
            case DOWN -> refused ? Standing.REFUSED : Standing.SILENT;
            case EJECTED -> ejectedUntilNanos - nowNanos > 0 || trials.get() > 0 ? Standing.EJECTED : Standing.GOOD;
            case TRIAL -> trials.get() > trialsServed ? Standing.EJECTED : pressed(nowNanos);
            case UNKNOWN, UP -> pressed(nowNanos);
        };
    }

    private Standing pressed(long nowNanos) {
        return pressure.holds(nowNanos) ? Standing.PRESSED : Standing.GOOD;
    }

    /**
     * Share of its requests, 0 to 1, that fail or are refused here and would not be elsewhere: the chance with which it is
     * passed over.
     */
    public double excess() {
        return Math.max(excess, refusing);
    }

    /** Times it was taken out for that reason. */
    public long ejections(Ejection why) {
        return ejections.get(why.ordinal());
    }

    /** A connection was refused: nobody listens there. */
    public void connectFailed() {
        synchronized (change) {
            if (state != State.DOWN || !refused) {
                refused = true;
                down(Ejection.REFUSED);
            }
        }
    }

    /** A connection for a request was not made in time, which may be our own fault: counts as a failed probe. */
    public void connectTimedOut() {
        probeFailed();
    }

    /** It answered a request, whatever it said. */
    public void answered(long nowNanos) {
        heardNanos = nowNanos;
        if (state == State.UNKNOWN) {
            synchronized (change) {
                if (state == State.UNKNOWN) {
                    state = State.UP;
                }
            }
        }
    }

    /** Bytes came from it. */
    public void heard(long nowNanos) {
        heardNanos = nowNanos;
    }

    /** When it was last heard of on any connection, on the pool's clock; 0 for never. */
    public long heardNanos() {
        return heardNanos;
    }

    /** A request was served. Does not bring a down endpoint back: only a probe does. */
    public void requestServed(long nowNanos) {
        outcomes.add(false, nowNanos);
        refusals.add(false, nowNanos);
        pressure.served();
        if (excess > 0) {
            excess = Math.max(0, excess - 1.0 / OutcomeHistory.LENGTH);
        }
        if (refusing > 0) {
            refusing = Math.max(0, refusing - 1.0 / OutcomeHistory.LENGTH);
        }
        if (onTrial(nowNanos)) {
            synchronized (change) {
                if (onTrial(nowNanos)) {
                    state = ++trialsServed < TRIALS_TO_HEAL ? State.TRIAL : State.UP;
                    if (state == State.UP) {
                        clean();
                    }
                }
            }
        }
    }

    /**
     * It said that it is too busy.
     *
     * @param askedNanos how long it asked to be left alone, 0 or less where it did not say
     */
    public void pressed(long askedNanos, long nowNanos) {
        pressure.pressed(askedNanos, nowNanos);
    }

    /** A request failed there; {@link OutlierDetection} says what that means. */
    void requestFailed(long nowNanos) {
        outcomes.add(true, nowNanos);
    }

    /** It would not have the request, for a key or a model that it does not know. */
    void requestRefused(long nowNanos) {
        refusals.add(true, nowNanos);
    }

    /** How recent requests went: failed, or served. */
    OutcomeHistory outcomes() {
        return outcomes;
    }

    /** How recent requests went: refused, or served. */
    OutcomeHistory refusals() {
        return refusals;
    }

    void refuses(double share) {
        refusing = share;
    }

    void exceeds(double share) {
        excess = share;
    }

    /** Whether what happens to requests now says how a trial goes. */
    boolean onTrial(long nowNanos) {
        return state == State.TRIAL || (state == State.EJECTED && ejectedUntilNanos - nowNanos <= 0);
    }

    /** Takes it out for a time that doubles with each time and shrinks back with good time between. */
    void eject(long nowNanos) {
        synchronized (change) {
            if (state == State.DOWN || (state == State.EJECTED && ejectedUntilNanos - nowNanos > 0)) {
                return;
            }
            if (ejections.get(Ejection.OUTLIER.ordinal()) > 0) {
                long good = Math.max(0, nowNanos - ejectedUntilNanos) / HEALING_NANOS;
                doublings = (int) Math.clamp(doublings + 1 - good, 0, MOST_DOUBLINGS);
            }
            ejectedUntilNanos = nowNanos + (FIRST_EJECTION_NANOS << doublings);
            trialsServed = 0;
            outcomes.clear();
            state = State.EJECTED;
            ejections.getAndIncrement(Ejection.OUTLIER.ordinal());
        }
    }

    /**
     * A request was placed there.
     *
     * @return whether it is a trial, to be ended by {@link #endTrial}
     */
    public boolean beginTrial(long nowNanos) {
        if (!onTrial(nowNanos)) {
            return false;
        }
        trials.getAndIncrement();
        return true;
    }

    /** A trial is over, however it went. */
    public void endTrial() {
        trials.getAndDecrement();
    }

    /** The engine answered its health probe. */
    public void probePassed() {
        failedProbes.set(0);
        if (state == State.UNKNOWN || state == State.DOWN) {
            synchronized (change) {
                if (state == State.UNKNOWN) {
                    state = State.UP;
                } else if (state == State.DOWN) {
                    back();
                }
            }
        }
    }

    /** That it answers probes does not say that it serves: where requests had failed it has to show that first. */
    private void back() {
        boolean suspect = excess > 0 || doublings > 0 || trialsServed > 0;
        state = suspect ? State.TRIAL : State.UP;
        trialsServed = 0;
        if (!suspect) {
            clean();
        }
    }

    private void clean() {
        outcomes.clear();
        refusals.clear();
        excess = 0;
        refusing = 0;
        trialsServed = 0;
    }

    /** The engine did not answer its health probe, or said that it is not well. */
    public void probeFailed() {
        failed(false);
    }

    /** A connection for a probe was refused. */
    public void probeRefused() {
        failed(true);
    }

    private void failed(boolean byRefusal) {
        if (failedProbes.incrementAndGet() >= FAILED_PROBES_TO_EJECT) {
            synchronized (change) {
                refused = byRefusal;
                if (state != State.DOWN) {
                    down(byRefusal ? Ejection.REFUSED : Ejection.SILENT);
                }
            }
        }
    }

    private void down(Ejection why) {
        if (state != State.DOWN) {
            if (state == State.EJECTED || state == State.TRIAL) {
                // remembered until it has shown that it serves
                excess = Math.max(excess, 1.0 / OutcomeHistory.LENGTH);
            }
            state = State.DOWN;
            ejections.getAndIncrement(why.ordinal());
        }
    }
}
