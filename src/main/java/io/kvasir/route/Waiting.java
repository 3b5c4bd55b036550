package io.kvasir.route;

import io.kvasir.admission.Stay;
import io.kvasir.admission.Ticket;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A request that waits for its decision, maybe for one thing after the other. Nothing is booked for it, and its reading is
 * kept. Ends by {@link Waiter#decided}, by {@link #cancel} or by {@link #decideNow}, whichever comes first. Used on the
 * loop of its {@link Waiter} only; what it waits for may end the wait on any thread.
 */
public final class Waiting implements Routing {
    private final Stages stages;
    private Passage passage;
    private final Waiter waiter;
    private WaitReason reason = WaitReason.ADMISSION;
    private @Nullable Ticket ticket;
    private boolean ended;
    private @Nullable TokenSearch tokens;
    /** Waits begun so far: what ended an earlier one is heard no more. */
    private int waits;

    private Waiting(Stages stages, Passage passage) {
        this.stages = stages;
        this.passage = passage;
        waiter = Objects.requireNonNull(passage.waiter());
    }

    /** @param waited what the request waits by already; null where it has not waited */
    static Waiting of(Stages stages, Passage passage, @Nullable Waiting waited) {
        if (waited == null) {
            return new Waiting(stages, passage);
        }
        waited.passage = passage;
        return waited;
    }

    /** Begins to wait for that, without an end of its own. */
    Ticket await(WaitReason what) {
        return await(what, Ticket.NO_DEADLINE, () -> {});
    }

    /** Begins to wait for that; see {@link io.kvasir.admission.Arrival#hold}. */
    Ticket await(WaitReason what, long deadlineNanos, Runnable left) {
        reason = what;
        int wait = ++waits;
        var next = new Ticket(deadlineNanos, () -> over(wait), () -> stages.contain(left));
        ticket = next;
        return next;
    }

    /** What is found of the prompt's tokens while the request waits for them. */
    void searching(TokenSearch search) {
        tokens = search;
    }

    /** What {@link #searching} was told. */
    TokenSearch tokens() {
        return Objects.requireNonNull(tokens);
    }

    /** What becomes of the request once it is let go, that one hears. */
    void staying(Stay stay) {
        passage = passage.staying(stay);
    }

    /** The present wait was begun by mistake; the request goes on without. */
    void withdraw() {
        waits++;
        ticket().cancel();
    }

    private void over(int wait) {
        try {
            waiter.execute(() -> resume(wait));
        } catch (RejectedExecutionException e) {
            // a loop that has ended has ended its requests
        }
    }

    private void resume(int wait) {
        if (ended || wait != waits) {
            return;
        }
        Routing routing;
        try {
            routing = stages.resume(this, passage);
        } catch (RuntimeException e) {
            ended = true;
            throw e;
        }
        if (routing instanceof Routing.Decided decided) {
            ended = true;
            waiter.decided(decided);
        }
    }

    /** What it waits for now. */
    public WaitReason reason() {
        return reason;
    }

    Ticket ticket() {
        return Objects.requireNonNull(ticket);
    }

    /** When the present wait ends by itself, in ns of {@link Router#nanoTime}; {@link Ticket#NO_DEADLINE} for never. */
    public long deadlineNanos() {
        return ticket().deadlineNanos();
    }

    /** Ends the wait if its deadline has come; the refusal follows by {@link Waiter#decided}. Doors look now and then. */
    public void expire(long nowNanos) {
        if (!ended) {
            ticket().expire(nowNanos);
        }
    }

    /** The caller goes away: it hears no more, and whatever was kept for it is given back. Later calls change nothing. */
    public void cancel() {
        if (!ended) {
            ended = true;
            ticket().cancel();
            stages.cancelled(this, passage);
        }
    }

    /**
     * The caller cannot wait any longer, and goes on at once with what is known; admission, where it still held the
     * request, is asked once more and lets it in or refuses it.
     *
     * @throws IllegalStateException where the wait is over
     */
    public Routing.Decided decideNow() {
        if (ended) {
            throw new IllegalStateException("the wait is over");
        }
        ended = true;
        ticket().cancel();
        return (Routing.Decided) stages.resume(this, passage.hurried());
    }
}
