package io.kvasir.pool;

import io.kvasir.pool.EndpointHealth.Standing;
import io.kvasir.pool.EndpointHealth.State;

/**
 * All that is believed of an endpoint's health at one moment, and what each event makes of it: the states and ways between
 * them that {@link EndpointHealth} draws. Immutable; every method that says that something happened returns the state
 * after it, itself where nothing changed.
 *
 * @param refused whether a connection was refused last, where it is down
 * @param failedProbes failed probes in a row, as far as they count
 * @param outlier its time as an outlier
 * @param trials requests that show how it does
 * @param history how requests went
 * @param ejections how often it was taken out
 */
record HealthState(
        State state,
        boolean refused,
        int failedProbes,
        Outlier outlier,
        Trials trials,
        History history,
        BackPressure pressure,
        Ejections ejections) {
    private static final long FIRST_EJECTION_NANOS = 5_000_000_000L;
    private static final int MOST_DOUBLINGS = 6;
    /** Good time that takes one doubling back. */
    private static final long HEALING_NANOS = 60_000_000_000L;

    /** What a request served takes back of a share, and the least share that is remembered. */
    private static final double ONE_REQUEST = 1.0 / OutcomeHistory.LENGTH;

    static final HealthState UNKNOWN = new HealthState(
            State.UNKNOWN,
            false,
            0,
            new Outlier(0, 0),
            new Trials(0, 0),
            History.CLEAN,
            BackPressure.NONE,
            new Ejections(0, 0, 0));

    /**
     * Its last time out as an outlier.
     *
     * @param untilNanos when that time is, or was, over
     * @param doublings how often it was doubled
     */
    record Outlier(long untilNanos, int doublings) {}

    /**
     * @param inFlight requests placed as trials that have not ended
     * @param served requests served since it may show how it does
     */
    record Trials(int inFlight, int served) {}

    /**
     * How requests went there.
     *
     * @param outcomes failed, or served
     * @param refusals refused, or served
     * @param excess share of its requests that fails here and would not elsewhere
     * @param refusing share of its requests that is refused here and would not be elsewhere
     */
    record History(OutcomeHistory outcomes, OutcomeHistory refusals, double excess, double refusing) {
        static final History CLEAN = new History(OutcomeHistory.EMPTY, OutcomeHistory.EMPTY, 0, 0);

        History served(long nowNanos) {
            return new History(
                    outcomes.add(false, nowNanos),
                    refusals.add(false, nowNanos),
                    Math.max(0, excess - ONE_REQUEST),
                    Math.max(0, refusing - ONE_REQUEST));
        }

        History withOutcomes(OutcomeHistory others) {
            return new History(others, refusals, excess, refusing);
        }

        History withExcess(double share) {
            return new History(outcomes, refusals, share, refusing);
        }
    }

    /** Times it was taken out, by reason. */
    record Ejections(long refused, long silent, long outlier) {
        long of(Ejection why) {
            return switch (why) {
                case REFUSED -> refused;
                case SILENT -> silent;
                case OUTLIER -> outlier;
            };
        }

        Ejections and(Ejection why) {
            return switch (why) {
                case REFUSED -> new Ejections(refused + 1, silent, outlier);
                case SILENT -> new Ejections(refused, silent + 1, outlier);
                case OUTLIER -> new Ejections(refused, silent, outlier + 1);
            };
        }
    }

    /** How it looks at {@code nowNanos}. */
    Standing standing(long nowNanos) {
        return switch (state) {
            case DOWN -> refused ? Standing.REFUSED : Standing.SILENT;
            case EJECTED -> outlier.untilNanos - nowNanos > 0 || trials.inFlight > 0 ? Standing.EJECTED : Standing.GOOD;
            case TRIAL -> trials.inFlight > trials.served ? Standing.EJECTED : pressed(nowNanos);
            case UNKNOWN, UP -> pressed(nowNanos);
        };
    }

    private Standing pressed(long nowNanos) {
        return pressure.holds(nowNanos) ? Standing.PRESSED : Standing.GOOD;
    }

    /** Share of its requests that fail or are refused here and would not be elsewhere, 0 to 1. */
    double excess() {
        return Math.max(history.excess, history.refusing);
    }

    /** Whether what happens to requests now says how a trial goes. */
    boolean onTrial(long nowNanos) {
        return state == State.TRIAL || (state == State.EJECTED && outlier.untilNanos - nowNanos <= 0);
    }

    /** A connection was refused: nobody listens there. */
    HealthState connectRefused() {
        return state == State.DOWN && refused ? this : down(true, Ejection.REFUSED);
    }

    /** It answered a request, whatever it said. */
    HealthState answered() {
        return state == State.UNKNOWN ? with(State.UP, trials, history) : this;
    }

    /** A request was served. */
    HealthState served(long nowNanos) {
        var calm = with(history.served(nowNanos)).with(pressure.served());
        if (!onTrial(nowNanos)) {
            return calm;
        }
        int served = trials.served + 1;
        return served < EndpointHealth.TRIALS_TO_HEAL
                ? calm.with(State.TRIAL, new Trials(trials.inFlight, served), calm.history)
                : calm.healed();
    }

    /** A request failed there. */
    HealthState failed(long nowNanos) {
        return with(history.withOutcomes(history.outcomes.add(true, nowNanos)));
    }

    /** It would not have a request. */
    HealthState refusedRequest(long nowNanos) {
        return with(
                new History(history.outcomes, history.refusals.add(true, nowNanos), history.excess, history.refusing));
    }

    /** That share of its requests fails here and would not elsewhere. */
    HealthState exceeds(double share) {
        return with(history.withExcess(share));
    }

    /** That share of its requests is refused here and would not be elsewhere. */
    HealthState refuses(double share) {
        return with(new History(history.outcomes, history.refusals, history.excess, share));
    }

    /** It said that it is too busy; 0 or less where it did not ask for a time. */
    HealthState pressed(long askedNanos, long nowNanos) {
        return with(pressure.pressed(askedNanos, nowNanos));
    }

    /** It is an outlier: out for a time that doubles with each time and shrinks back with good time between. */
    HealthState eject(long nowNanos) {
        if (state == State.DOWN || (state == State.EJECTED && outlier.untilNanos - nowNanos > 0)) {
            return this;
        }
        int doublings = outlier.doublings;
        if (ejections.outlier > 0) {
            long good = Math.max(0, nowNanos - outlier.untilNanos) / HEALING_NANOS;
            doublings = (int) Math.clamp(doublings + 1 - good, 0, MOST_DOUBLINGS);
        }
        return new HealthState(
                State.EJECTED,
                refused,
                failedProbes,
                new Outlier(nowNanos + (FIRST_EJECTION_NANOS << doublings), doublings),
                new Trials(trials.inFlight, 0),
                history.withOutcomes(OutcomeHistory.EMPTY),
                pressure,
                ejections.and(Ejection.OUTLIER));
    }

    /** A request was placed; a trial where it is {@link #onTrial}. */
    HealthState placed(long nowNanos) {
        return onTrial(nowNanos) ? with(state, new Trials(trials.inFlight + 1, trials.served), history) : this;
    }

    /** A trial is over, however it went. */
    HealthState trialEnded() {
        return with(state, new Trials(trials.inFlight - 1, trials.served), history);
    }

    /** A health probe was answered. */
    HealthState probePassed() {
        var well = failedProbes == 0 ? this : with(0, refused);
        return switch (state) {
            case UNKNOWN -> well.with(State.UP, trials, history);
            case DOWN -> well.back();
            case UP, TRIAL, EJECTED -> well;
        };
    }

    /** A health probe was not answered, or its connection refused. */
    HealthState probeFailed(boolean byRefusal) {
        int failed = Math.min(EndpointHealth.FAILED_PROBES_TO_EJECT, failedProbes + 1);
        if (failed < EndpointHealth.FAILED_PROBES_TO_EJECT) {
            return with(failed, refused);
        }
        return with(failed, refused).down(byRefusal, byRefusal ? Ejection.REFUSED : Ejection.SILENT);
    }

    private HealthState down(boolean byRefusal, Ejection why) {
        if (state == State.DOWN) {
            return with(failedProbes, byRefusal);
        }
        // where requests had failed that is remembered until it has shown that it serves
        boolean suspect = state == State.EJECTED || state == State.TRIAL;
        return new HealthState(
                State.DOWN,
                byRefusal,
                failedProbes,
                outlier,
                trials,
                suspect ? history.withExcess(Math.max(history.excess, ONE_REQUEST)) : history,
                pressure,
                ejections.and(why));
    }

    /** That it answers probes does not say that it serves: where requests had failed it has to show that first. */
    private HealthState back() {
        boolean suspect = history.excess > 0 || outlier.doublings > 0 || trials.served > 0;
        return suspect ? with(State.TRIAL, new Trials(trials.inFlight, 0), history) : healed();
    }

    private HealthState healed() {
        return with(State.UP, new Trials(trials.inFlight, 0), History.CLEAN);
    }

    private HealthState with(State otherState, Trials otherTrials, History otherRecord) {
        return new HealthState(
                otherState, refused, failedProbes, outlier, otherTrials, otherRecord, pressure, ejections);
    }

    private HealthState with(History otherRecord) {
        return with(state, trials, otherRecord);
    }

    private HealthState with(int otherFailedProbes, boolean otherRefused) {
        return otherFailedProbes == failedProbes && otherRefused == refused
                ? this
                : new HealthState(
                        state, otherRefused, otherFailedProbes, outlier, trials, history, pressure, ejections);
    }

    private HealthState with(BackPressure otherPressure) {
        return otherPressure.equals(pressure)
                ? this
                : new HealthState(state, refused, failedProbes, outlier, trials, history, otherPressure, ejections);
    }
}
