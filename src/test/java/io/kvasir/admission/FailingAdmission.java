package io.kvasir.admission;

import io.kvasir.pool.Endpoint;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Throws wherever it is asked or told, after it has made a ticket where it is to. Any thread. */
public final class FailingAdmission implements Admission {
    /** The counter of what it throws. */
    public static final String COUNTER = "kvasir_contained_failures_total{what=admission}";

    private final boolean holds;
    private final AtomicReference<@Nullable Ticket> ticket = new AtomicReference<>();

    /** @param holds whether it makes a ticket first */
    public FailingAdmission(boolean holds) {
        this.holds = holds;
    }

    /** The last ticket that it made; null for none. */
    public @Nullable Ticket ticket() {
        return ticket.get();
    }

    @Override
    public Verdict admit(Arrival arrival) {
        if (holds) {
            ticket.set(arrival.hold(Ticket.NO_DEADLINE, () -> {
                throw new IllegalStateException("left");
            }));
        }
        throw new IllegalStateException("admit");
    }

    @Override
    public void freed(Endpoint endpoint) {
        throw new IllegalStateException("freed");
    }
}
