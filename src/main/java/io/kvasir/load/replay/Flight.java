package io.kvasir.load.replay;

import io.kvasir.request.RequestHeaders;
import io.kvasir.route.Booking;
import io.kvasir.route.Waiting;
import io.kvasir.sim.engine.Sequence;
import io.kvasir.sim.engine.SequenceListener;
import org.jspecify.annotations.Nullable;

/** One request on its way: what the router has booked and what its engine has said of it. */
final class Flight implements SequenceListener {
    /** Told of tokens after the first, once the client has that one. */
    interface Teller {
        /**
         * So many came.
         *
         * @param atNanos when the engine had each
         */
        void told(Flight flight, long[] atNanos, int count);
    }

    final ReplayRequest request;
    private final long arrival;
    private final int ideal;
    private final Latencies gaps;
    private final Teller teller;
    private final long[] one = new long[1];

    @Nullable
    SimulatedReplica replica;

    @Nullable
    Booking booking;

    @Nullable
    Sequence sequence;

    /** What it waits by to be let in; null where it does not. */
    @Nullable
    Waiting waiting;

    /** When it began to wait; 0 where it does not. */
    long heldAt;
    /** Since when its turn has come nearer: from an earlier time on where it kept its place. */
    long orderAt;
    /** Whether it was the first in line when its wait ended, and so keeps its place if it comes again. */
    boolean first;
    /** How long it waited in all, and at most at one time. */
    long waited;

    long longest;
    /** How often it was sent again. */
    int tries;

    int believed;
    double predictedTtft = Double.NaN;
    double predictedE2e = Double.NaN;
    int oracleReplica = -1;
    double regret = Double.NaN;
    /** When the engine had its newest token; 0 before the first. */
    long lastAt;
    /** Tokens that the engine told of. */
    int heard;
    /** Tokens after the first that the router was not told of. */
    int untold;

    private long firstSeen;
    private long endSeen;

    /**
     * @param gaps where times between tokens are noted
     * @param teller told of tokens after the first
     */
    Flight(ReplayRequest request, long arrival, int ideal, Latencies gaps, Teller teller) {
        this.request = request;
        this.arrival = arrival;
        this.ideal = ideal;
        this.gaps = gaps;
        this.teller = teller;
    }

    /**
     * What it says of itself.
     *
     * @param tellsSlo whether that includes how fast is fast enough
     */
    RequestHeaders headers(boolean tellsSlo) {
        var headers = RequestHeaders.NONE.withSessionId(request.session() < 0 ? null : "s" + request.session());
        var slo = request.slo();
        if (slo != null && tellsSlo) {
            headers = headers.withSlo(slo.ttftSeconds(), slo.tpotSeconds());
        }
        var owner = request.owner();
        return owner == null
                ? headers
                : headers.withFairnessId(owner.tenant())
                        .withObjective(owner.objective())
                        .withPatience(Double.NaN, tries);
    }

    @Override
    public void onToken(Sequence of, int index, long atNanos) {
        if (index == 0) {
            heard = 1;
            lastAt = atNanos;
            news(false);
        } else {
            one[0] = atNanos;
            onTokens(of, index, one, 1);
        }
    }

    @Override
    public void onTokens(Sequence of, int from, long[] atNanos, int count) {
        heard += count;
        for (int i = 0; i < count; i++) {
            gaps.add((atNanos[i] - lastAt) * 1e-9);
            lastAt = atNanos[i];
        }
        if (begun()) {
            teller.told(this, atNanos, count);
        } else {
            untold += count;
        }
    }

    @Override
    public void onFinish(Sequence of, long atNanos) {
        news(true);
    }

    private void news(boolean last) {
        var at = replica;
        if (at != null) {
            (last ? at.ended : at.begun).add(this);
        }
    }

    /** It was taken out of its engine and has no place any more. */
    void withdrawn() {
        replica = null;
        sequence = null;
        booking = null;
    }

    /** The client has the first token. */
    void firstSeen(long now) {
        firstSeen = now;
    }

    /** Whether it has. */
    boolean begun() {
        return firstSeen != 0;
    }

    /** The client has the last token. */
    void endSeen(long now) {
        endSeen = now;
    }

    /** What became of it until now. */
    RequestResult result() {
        var at = sequence;
        double ttft = firstSeen == 0 ? Double.NaN : (firstSeen - arrival) * 1e-9;
        double e2e = endSeen == 0 ? Double.NaN : (endSeen - arrival) * 1e-9;
        return new RequestResult(
                request,
                VirtualClock.seconds(arrival),
                replica == null ? -1 : replica.place(),
                ttft,
                request.outputTokens() > 1 ? (e2e - ttft) / (request.outputTokens() - 1) : Double.NaN,
                e2e,
                at == null ? -1 : at.cachedTokens(),
                ideal,
                believed,
                predictedTtft,
                predictedE2e,
                at == null ? 0 : at.preemptions(),
                oracleReplica,
                regret,
                waited * 1e-9,
                longest * 1e-9,
                tries);
    }
}
