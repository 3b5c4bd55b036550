package io.kvasir.admission;

import io.kvasir.request.Refusal;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * One wait, from its beginning to exactly one end: let go, refused, expired or cancelled. Whoever comes first, on whatever
 * thread, decides by one compare-and-set; all others are told that they came too late.
 */
public final class Ticket {
    /** A deadline that never comes. */
    public static final long NO_DEADLINE = Long.MAX_VALUE;

    /** How a wait ended. */
    public sealed interface End {
        /** The request goes on. */
        record LetGo() implements End {}

        /** The request is not served. */
        record Refused(Refusal refusal) implements End {}

        /** Its deadline came. */
        record Expired() implements End {}

        /** Its caller does not wait any longer. */
        record Cancelled() implements End {}
    }

    private static final End LET_GO = new End.LetGo();
    private static final End EXPIRED = new End.Expired();
    private static final End CANCELLED = new End.Cancelled();
    private static final VarHandle END;

    static {
        try {
            END = MethodHandles.lookup().findVarHandle(Ticket.class, "end", End.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final long deadlineNanos;
    private final Runnable decided;
    private final Runnable left;

    @SuppressWarnings("UnusedVariable") // written through END
    private volatile @Nullable End end;

    /**
     * A wait that begins.
     *
     * @param deadlineNanos monotonic ns, or {@link #NO_DEADLINE}
     * @param decided run once where it is let go, refused or expired, on the thread that decided; for who waits
     * @param left run once where it is cancelled or expired, on the thread that ended it; for who holds it
     */
    public Ticket(long deadlineNanos, Runnable decided, Runnable left) {
        this.deadlineNanos = deadlineNanos;
        this.decided = decided;
        this.left = left;
    }

    /** Lets the request go on. Returns false where the wait had ended before. */
    public boolean letGo() {
        return end(LET_GO);
    }

    /** Refuses the request with these words. Returns false where the wait had ended before. */
    public boolean refuse(Refusal refusal) {
        return end(new End.Refused(refusal));
    }

    /** Ends the wait if its deadline has come. Returns false where it has not, or the wait had ended before. */
    public boolean expire(long nowNanos) {
        return deadlineNanos != NO_DEADLINE && nowNanos - deadlineNanos >= 0 && end(EXPIRED);
    }

    /** Its caller waits no longer. Returns false where the wait had ended before. */
    public boolean cancel() {
        return end(CANCELLED);
    }

    private boolean end(End how) {
        if (!END.compareAndSet(this, null, how)) {
            return false;
        }
        switch (how) {
            case End.LetGo _, End.Refused _ -> decided.run();
            case End.Cancelled _ -> left.run();
            case End.Expired _ -> {
                left.run();
                decided.run();
            }
        }
        return true;
    }

    /** How it ended; null while it waits. */
    public @Nullable End end() {
        return end;
    }

    /** Monotonic ns; {@link #NO_DEADLINE} for none. */
    public long deadlineNanos() {
        return deadlineNanos;
    }
}
