package io.kvasir.admission.flow;

import io.kvasir.admission.Evictable;
import io.kvasir.admission.Ticket;
import io.kvasir.cost.Work;
import io.kvasir.pool.Endpoint;
import io.kvasir.request.Refusal;
import java.util.Comparator;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A request that waits, or has waited. Where it stands is guarded by the lock of the queue. */
final class Held extends Admitted {
    /** Within a tenant's line: turn, then what the band orders by, then who came first. */
    static final Comparator<Held> ORDER = Held::compare;

    /** What was put aside at an endpoint, until it is booked. */
    private record Reserved(EndpointGate gate, long nanos, long tokens, long sequences) {
        void giveBack() {
            gate.reserve(-nanos, -tokens, -sequences);
        }
    }

    private final Waitlist waitlist;
    private final String asked;
    private final String model;
    private final long number;
    private final Work work;
    private final long bytes;
    private final long both;
    private final long longestPrompt;
    private final long cost;
    private final long heldNanos;
    private final long orderNanos;
    private final double ttftSlo;
    private long order;
    private final double tag;
    private final long patienceNanos;
    private final long fingerprint;
    private final AtomicReference<@Nullable Reserved> reserved = new AtomicReference<>();
    private @Nullable Ticket ticket;
    private @Nullable Line line;
    private @Nullable Endpoint keptFree;

    @Nullable
    Held older;

    @Nullable
    Held newer;

    /**
     * @param asked the model that its client named
     * @param model that it is to be routed to
     * @param number in order of arrival
     * @param both tokens of its longest sequence: prompt and the most output that it asks for
     * @param longestPrompt tokens of the longest prompt alone
     * @param heldNanos when it came
     * @param orderNanos when its turn began to come nearer: before it came, where it kept the place of an earlier try
     * @param ttftSlo seconds in which its client wants to see a token; NaN for none
     * @param tag turn within its tenant
     * @param patienceNanos how long its client lets it wait; {@link Long#MAX_VALUE} where the band's rule is enough
     * @param fingerprint by which another try of it is known
     */
    Held(
            Waitlist waitlist,
            @Nullable Eviction eviction,
            Tenant tenant,
            String asked,
            String model,
            long number,
            Work work,
            long bytes,
            long promptTokens,
            long both,
            long longestPrompt,
            long heldNanos,
            long orderNanos,
            double ttftSlo,
            double tag,
            long patienceNanos,
            long fingerprint) {
        super(eviction, tenant, promptTokens, Math.round(work.allOutputTokens()));
        this.waitlist = waitlist;
        this.asked = asked;
        this.model = model;
        this.number = number;
        this.work = work;
        this.bytes = bytes;
        this.both = both;
        this.longestPrompt = longestPrompt;
        this.heldNanos = heldNanos;
        this.orderNanos = orderNanos;
        this.ttftSlo = ttftSlo;
        this.tag = tag;
        this.patienceNanos = patienceNanos;
        this.fingerprint = fingerprint;
        cost = expectedCost();
        order();
    }

    private static int compare(Held one, Held other) {
        int by = Double.compare(one.tag, other.tag);
        by = by != 0 ? by : Long.compare(one.order, other.order);
        by = by != 0 ? by : Long.compare(one.orderNanos, other.orderNanos);
        return by != 0 ? by : Long.compare(one.number, other.number);
    }

    /** Whose client waits longest is last. */
    static int compareByPatience(Held one, Held other) {
        int by = Long.compare(one.patientUntil(), other.patientUntil());
        return by != 0 ? by : compare(one, other);
    }

    /** Takes up what its band orders by now. It must stand in no line meanwhile. */
    final void order() {
        var band = tenant().band().settings();
        order = switch (band.ordering()) {
            case FCFS -> orderNanos;
            case EDF -> {
                double most = Math.min(band.longestWaitSeconds() * 1e9, patienceNanos);
                yield heldNanos + Math.round(Double.isNaN(ttftSlo) ? most : ttftSlo * 1e9);
            }
            case SHORTEST -> cost;
        };
    }

    void ticket(Ticket made) {
        ticket = made;
    }

    Ticket ticket() {
        return Objects.requireNonNull(ticket);
    }

    /** Where it waits; null where it does not. */
    @Nullable
    Line line() {
        return line;
    }

    void line(@Nullable Line next) {
        line = next;
    }

    /** The model that its client named; empty for none. */
    String asked() {
        return asked;
    }

    /** The model that it is to be routed to; empty where any will do. */
    String model() {
        return model;
    }

    Work work() {
        return work;
    }

    long bytes() {
        return bytes;
    }

    /** Tokens' worth that it is taken for while it waits. */
    long cost() {
        return cost;
    }

    /** Tokens of its longest sequence. */
    long both() {
        return both;
    }

    /** Tokens of its longest prompt. */
    long longestPrompt() {
        return longestPrompt;
    }

    long heldNanos() {
        return heldNanos;
    }

    long orderNanos() {
        return orderNanos;
    }

    double tag() {
        return tag;
    }

    long patienceNanos() {
        return patienceNanos;
    }

    /** When its client waits no longer, where that says so. */
    long patientUntil() {
        return heldNanos + patienceNanos;
    }

    long fingerprint() {
        return fingerprint;
    }

    /** The one endpoint that is kept free until it fits there; null for none. */
    @Nullable
    Endpoint keptFree() {
        return keptFree;
    }

    void keptFree(@Nullable Endpoint endpoint) {
        keptFree = endpoint;
    }

    /** Puts aside what it will take at an endpoint. */
    void reserve(EndpointGate gate, double seconds) {
        var aside = new Reserved(gate, Math.round(seconds * 1e9), Math.round(work.kvTokens()), work.sequences());
        gate.reserve(aside.nanos(), aside.tokens(), aside.sequences());
        reserved.set(aside);
    }

    /** What was put aside is in the books, or needed no longer. */
    void giveBack() {
        var aside = reserved.getAndSet(null);
        if (aside != null) {
            aside.giveBack();
        }
    }

    @Override
    public Refusal expired() {
        return waitlist.expiredWords(this);
    }

    @Override
    public void booked(Endpoint endpoint, long uncachedTokens, Evictable request) {
        giveBack();
        super.booked(endpoint, uncachedTokens, request);
    }

    @Override
    public void ended(@Nullable Endpoint endpoint, long computedTokens, long outputTokens) {
        giveBack();
        super.ended(endpoint, computedTokens, outputTokens);
    }
}
