package io.kvasir.admission;

import io.kvasir.cost.Work;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.PoolSnapshot;
import io.kvasir.request.Request;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A request that asks to be scheduled, and the pool that it meets. Belongs to the thread that asks, and is another request
 * afterwards: what is to be kept of it is taken from it during {@link Admission#admit}.
 */
public interface Arrival {
    /** With the model that it is to be routed to, and its prompt measured in that model's tokens. */
    Request request();

    /** The model that it is to be routed to; empty where any will do. */
    String model();

    /** The model that its client asked for, before operators' rules; empty where it named none. */
    default String asked() {
        return model();
    }

    /** What it asks of an engine: its prompts, and the output to expect of it. */
    Work work();

    /** Higher is served first, negative may be shed; 0 where no objective says. */
    int priority();

    /** The endpoints as they are now, with their books, health and pages. */
    PoolSnapshot pool();

    /** The only {@code ip:port} that the gateway allows; null for all. */
    @Nullable
    Set<String> allowed();

    /** Whether the gateway allows that endpoint. What it serves and how it fares is told by the endpoint itself. */
    boolean allows(Endpoint endpoint);

    /** Monotonic ns. */
    long nowNanos();

    /** Whether its caller can wait. Where it cannot, {@link #hold} must not be called. */
    boolean mayWait();

    /**
     * Makes the ticket of the request, to be answered as {@link Verdict.Held}. From then on it may be decided, on any
     * thread, and be it before this call's caller has returned.
     *
     * @param deadlineNanos when the wait ends by itself, on the clock of {@link #nowNanos}; {@link Ticket#NO_DEADLINE} for
     *     never
     * @param left run once where the ticket ends by its caller's leaving or by its deadline, on the thread that ended it
     * @throws IllegalStateException where the caller cannot wait
     */
    Ticket hold(long deadlineNanos, Runnable left);
}
