package io.kvasir.admission;

import io.kvasir.pool.Endpoint;
import io.kvasir.request.Refusal;
import io.kvasir.request.Refusals;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * An admission that does as a test tells it: holds every request that can wait, or lets in, or refuses; and keeps books of
 * what it let in. Its tickets are decided by the test, on any thread.
 */
public final class TestAdmission implements Admission {
    /** What it does with a request that arrives. */
    public enum Mode {
        ADMIT,
        /** Those that cannot wait are refused. */
        HOLD,
        REFUSE
    }

    /** What every refusal says. */
    public static final Verdict.Refused SATURATED = new Verdict.Refused(Refusals.saturated(7_000));

    private final Stay stay = new Stay() {
        @Override
        public Refusal expired() {
            return Refusals.waitExpired(0);
        }

        @Override
        public void booked(Endpoint endpoint, long uncachedTokens, Evictable request) {
            booked.add(request);
        }

        @Override
        public void ended(@Nullable Endpoint endpoint, long computedTokens, long outputTokens) {
            inside.decrementAndGet();
        }
    };

    private final BlockingQueue<Ticket> held = new LinkedBlockingQueue<>();
    private final Queue<Evictable> booked = new ConcurrentLinkedQueue<>();
    private final Queue<Endpoint> freed = new ConcurrentLinkedQueue<>();
    private final AtomicInteger inside = new AtomicInteger();
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicInteger left = new AtomicInteger();
    private volatile Mode mode;
    private volatile long patienceNanos = Long.MAX_VALUE;

    public TestAdmission(Mode mode) {
        this.mode = mode;
    }

    /** Does that from now on. */
    public void mode(Mode next) {
        mode = next;
    }

    /** Holds for that long at most. */
    public TestAdmission patience(long nanos) {
        patienceNanos = nanos;
        return this;
    }

    @Override
    public Verdict admit(Arrival arrival) {
        return switch (mode) {
            case ADMIT -> {
                inside.incrementAndGet();
                yield new Verdict.Admitted(stay);
            }
            case HOLD -> arrival.mayWait() ? hold(arrival) : SATURATED;
            case REFUSE -> SATURATED;
        };
    }

    private Verdict hold(Arrival arrival) {
        long deadline = patienceNanos == Long.MAX_VALUE ? Ticket.NO_DEADLINE : arrival.nowNanos() + patienceNanos;
        waiting.incrementAndGet();
        var ticket = arrival.hold(deadline, () -> {
            waiting.decrementAndGet();
            left.incrementAndGet();
        });
        held.add(ticket);
        return new Verdict.Held(ticket, stay);
    }

    /** The next ticket that was made; waits for it. */
    public Ticket held() throws InterruptedException {
        var ticket = held.poll(20, TimeUnit.SECONDS);
        if (ticket == null) {
            throw new AssertionError("nothing is held");
        }
        return ticket;
    }

    /** Lets it go, if it still waits. */
    public boolean letGo(Ticket ticket) {
        inside.incrementAndGet();
        waiting.decrementAndGet();
        if (ticket.letGo()) {
            return true;
        }
        inside.decrementAndGet();
        waiting.incrementAndGet();
        return false;
    }

    /** Refuses it, if it still waits. */
    public boolean refuse(Ticket ticket) {
        boolean refused = ticket.refuse(SATURATED.refusal());
        if (refused) {
            waiting.decrementAndGet();
        }
        return refused;
    }

    @Override
    public void freed(Endpoint endpoint) {
        freed.add(endpoint);
    }

    /** What it was told that was booked, in order. */
    public Queue<Evictable> booked() {
        return booked;
    }

    /** Requests that were let in and have not ended. */
    public int inside() {
        return inside.get();
    }

    /** Requests that wait. */
    public int waiting() {
        return waiting.get();
    }

    /** Requests whose wait ended by their leaving or by their deadline. */
    public int left() {
        return left.get();
    }

    /** Endpoints of which it was told that they may have room, in order. */
    public Queue<Endpoint> freed() {
        return freed;
    }
}
