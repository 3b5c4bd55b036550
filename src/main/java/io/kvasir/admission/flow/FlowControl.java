package io.kvasir.admission.flow;

import io.kvasir.admission.Admission;
import io.kvasir.admission.Arrival;
import io.kvasir.admission.Verdict;
import io.kvasir.cost.TimeModel;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.Pool;
import io.kvasir.request.Refusal;
import io.kvasir.request.Refusals;
import io.kvasir.request.Request;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/** Holds requests that no endpoint would start soon, and lets them go in a fair order. */
public final class FlowControl implements Admission {
    private volatile FlowSettings settings;

    /**
     * @param pool whose endpoints serve
     * @param freshNanos age in ns up to which an engine's metrics count
     * @param nanoClock monotonic ns, the router's clock
     * @param randoms for the spread of times to try again
     */
    public FlowControl(
            FlowSettings settings,
            Pool pool,
            TimeModel time,
            long freshNanos,
            LongSupplier nanoClock,
            Supplier<RandomGenerator> randoms) {
        this.settings = settings;
    }

    /** Works so from now on; what waits goes on waiting, by the new rules. */
    public void settings(FlowSettings next) {
        settings = next;
    }

    /** How it works. */
    public FlowSettings settings() {
        return settings;
    }

    @Override
    public Verdict admit(Arrival arrival) {
        return Verdict.ADMITTED;
    }

    @Override
    public void freed(Endpoint endpoint) {
        // nothing waits
    }

    @Override
    public Refusal expired(Request request) {
        return Refusals.waitExpired(0);
    }

    /**
     * Looks after what waits: lets go what room came for by the passing of time, and ends waits whose time is over. To be
     * called every 10 ms or so of the router's clock, on any thread; costs nothing while nothing waits.
     */
    public void tick() {
        // nothing waits
    }

    /** The program stops: refuses all that wait, and whatever comes later is let in. */
    public void stop() {
        // nothing waits
    }

    /** What it does now. Costs a walk over bands, tenants and endpoints, and holds up what waits meanwhile. */
    public QueueSnapshot snapshot() {
        return new QueueSnapshot(List.of(), List.of(), List.of(), 1, false, 0, 0, 0);
    }
}
