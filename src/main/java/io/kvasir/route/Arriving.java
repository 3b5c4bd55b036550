package io.kvasir.route;

import io.kvasir.admission.Arrival;
import io.kvasir.admission.Ticket;
import io.kvasir.cost.Work;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.PoolSnapshot;
import io.kvasir.request.Request;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The request that one thread asks to be let in; reused for its next. */
final class Arriving implements Arrival {
    private final Stages stages;
    private @Nullable Passage passage;
    private @Nullable PoolSnapshot pool;
    private @Nullable List<String> subset;
    private @Nullable Waiting waiting;
    private long nowNanos;
    private boolean held;
    private @Nullable Set<String> allowedSet;
    private @Nullable Work work;

    Arriving(Stages stages) {
        this.stages = stages;
    }

    /**
     * Becomes that request.
     *
     * @param allowed the only {@code ip:port} that may be chosen; null for all
     * @param waited what its caller waits by already; null where it has not waited
     */
    Arriving begin(
            Passage next, PoolSnapshot snapshot, @Nullable List<String> allowed, @Nullable Waiting waited, long now) {
        passage = next;
        pool = snapshot;
        subset = allowed;
        waiting = waited;
        nowNanos = now;
        held = false;
        allowedSet = null;
        work = null;
        return this;
    }

    /** Forgets the request. */
    void end() {
        passage = null;
        pool = null;
        subset = null;
        waiting = null;
        allowedSet = null;
        work = null;
    }

    /** Whether the request was given a ticket in this call. */
    boolean holds() {
        return held;
    }

    /** The ticket that was made in this call, if there is one, counts no longer. */
    void withdraw() {
        if (held) {
            waiting().withdraw();
        }
    }

    /** What the caller waits by, after {@link #hold}. */
    Waiting waiting() {
        return Objects.requireNonNull(waiting);
    }

    private Passage passage() {
        return Objects.requireNonNull(passage, "an arrival is read during its call only");
    }

    @Override
    public Request request() {
        return passage().request();
    }

    @Override
    public String model() {
        return passage().model();
    }

    @Override
    public String asked() {
        return Objects.requireNonNullElse(passage().asked().model(), "");
    }

    @Override
    public Work work() {
        var known = work;
        if (known == null) {
            known = stages.work(passage());
            work = known;
        }
        return known;
    }

    @Override
    public int priority() {
        return passage().rules().priority();
    }

    @Override
    public PoolSnapshot pool() {
        return Objects.requireNonNull(pool);
    }

    @Override
    public boolean allows(Endpoint endpoint) {
        var allowed = allowed();
        return allowed == null || allowed.contains(endpoint.hostPort());
    }

    @Override
    public @Nullable Set<String> allowed() {
        var allowed = allowedSet;
        if (allowed == null && subset != null) {
            // asked of every endpoint, so looked up and not searched for
            allowed = Set.copyOf(subset);
            allowedSet = allowed;
        }
        return allowed;
    }

    @Override
    public long nowNanos() {
        return nowNanos;
    }

    @Override
    public boolean mayWait() {
        return passage().waiter() != null;
    }

    @Override
    public Ticket hold(long deadlineNanos, Runnable left) {
        if (!mayWait()) {
            throw new IllegalStateException("its caller cannot wait");
        }
        if (held) {
            throw new IllegalStateException("it has a ticket already");
        }
        var wait = Waiting.of(stages, passage(), waiting);
        waiting = wait;
        held = true;
        return wait.await(WaitReason.ADMISSION, deadlineNanos, left);
    }
}
