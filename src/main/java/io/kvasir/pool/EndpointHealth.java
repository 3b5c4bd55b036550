package io.kvasir.pool;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

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
 *
 * <p>What is believed is one immutable {@link HealthState}, read by one volatile read and changed by compare and set. Safe
 * for any thread.
 */
public final class EndpointHealth {
    /** Failed probes in a row that take an endpoint down. */
    public static final int FAILED_PROBES_TO_EJECT = 3;

    /** Requests that an ejected endpoint has to serve before it is as good as others. */
    public static final int TRIALS_TO_HEAL = 3;

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

    /** What something that happened makes of a state, pure: it may be asked more than once. */
    private interface Transition {
        HealthState of(HealthState before);
    }

    private static final VarHandle BELIEVED;

    static {
        try {
            BELIEVED = MethodHandles.lookup().findVarHandle(EndpointHealth.class, "believed", HealthState.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private volatile HealthState believed = HealthState.UNKNOWN;
    private volatile long heardNanos;

    /** The one way to change what is believed; says what it was before. */
    @SuppressWarnings("ReferenceEquality") // the same state means that nothing changed
    private HealthState happened(Transition transition) {
        while (true) {
            var before = believed;
            var after = transition.of(before);
            if (after == before || BELIEVED.compareAndSet(this, before, after)) {
                return before;
            }
        }
    }

    /** All that is believed, at one moment. */
    HealthState believed() {
        return believed;
    }

    public State state() {
        return believed.state();
    }

    /** Whether it can be reached, as far as is known. */
    public boolean routable() {
        return believed.state() != State.DOWN;
    }

    /** How it looks at {@code nowNanos}. */
    public Standing standing(long nowNanos) {
        return believed.standing(nowNanos);
    }

    /**
     * Share of its requests, 0 to 1, that fail or are refused here and would not be elsewhere: the chance with which it is
     * passed over.
     */
    public double excess() {
        return believed.excess();
    }

    /** Times it was taken out for that reason. */
    public long ejections(Ejection why) {
        return believed.ejections().of(why);
    }

    /** Trials that have not ended. */
    public int trials() {
        return believed.trials().inFlight();
    }

    /** A connection was refused: nobody listens there. */
    public void connectFailed() {
        happened(HealthState::connectRefused);
    }

    /** A connection for a request was not made in time, which may be our own fault: counts as a failed probe. */
    public void connectTimedOut() {
        probeFailed();
    }

    /** It answered a request, whatever it said. */
    public void answered(long nowNanos) {
        heardNanos = nowNanos;
        happened(HealthState::answered);
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
        happened(before -> before.served(nowNanos));
    }

    /**
     * It said that it is too busy.
     *
     * @param askedNanos how long it asked to be left alone, 0 or less where it did not say
     */
    public void pressed(long askedNanos, long nowNanos) {
        happened(before -> before.pressed(askedNanos, nowNanos));
    }

    /** A request failed there; {@link OutlierDetection} says what that means. */
    void requestFailed(long nowNanos) {
        happened(before -> before.failed(nowNanos));
    }

    /** It would not have the request, for a key or a model that it does not know. */
    void requestRefused(long nowNanos) {
        happened(before -> before.refusedRequest(nowNanos));
    }

    void refuses(double share) {
        happened(before -> before.refuses(share));
    }

    void exceeds(double share) {
        happened(before -> before.exceeds(share));
    }

    /** Takes it out for a time that doubles with each time and shrinks back with good time between. */
    void eject(long nowNanos) {
        happened(before -> before.eject(nowNanos));
    }

    /**
     * A request was placed there.
     *
     * @return whether it is a trial, to be ended once by {@link #endTrial}
     */
    public boolean beginTrial(long nowNanos) {
        return happened(before -> before.placed(nowNanos)).onTrial(nowNanos);
    }

    /** A trial is over, however it went. */
    public void endTrial() {
        happened(HealthState::trialEnded);
    }

    /** The engine answered its health probe. */
    public void probePassed() {
        happened(HealthState::probePassed);
    }

    /** The engine did not answer its health probe, or said that it is not well. */
    public void probeFailed() {
        happened(before -> before.probeFailed(false));
    }

    /** A connection for a probe was refused. */
    public void probeRefused() {
        happened(before -> before.probeFailed(true));
    }
}
