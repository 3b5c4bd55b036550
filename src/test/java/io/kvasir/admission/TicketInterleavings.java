package io.kvasir.admission;

import io.kvasir.Interleavings;
import io.kvasir.request.Refusals;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;

/** A wait that several end at once: exactly one wins, all others hear that they came too late. */
public class TicketInterleavings {
    private final AtomicInteger decided = new AtomicInteger();
    private final AtomicInteger left = new AtomicInteger();
    private final Ticket ticket = new Ticket(100, decided::incrementAndGet, left::incrementAndGet);

    @Operation
    public boolean letGo() {
        return ticket.letGo();
    }

    @Operation
    public boolean refuse() {
        return ticket.refuse(Refusals.saturated(7_000));
    }

    @Operation
    public boolean expire() {
        return ticket.expire(100);
    }

    @Operation
    public boolean expireTooEarly() {
        return ticket.expire(99);
    }

    @Operation
    public boolean cancel() {
        return ticket.cancel();
    }

    @Operation
    public String end() {
        var end = ticket.end();
        return end == null ? "waits" : end.getClass().getSimpleName();
    }

    /** Who waits and who holds it are told once each, of what concerns them. */
    @Validate
    public void eachIsToldOnce() {
        var end = ticket.end();
        int waiter = end == null || end instanceof Ticket.End.Cancelled ? 0 : 1;
        int holder = end instanceof Ticket.End.Cancelled || end instanceof Ticket.End.Expired ? 1 : 0;
        if (decided.get() != waiter || left.get() != holder) {
            throw new IllegalStateException(
                    end + ": the waiter was told " + decided + " times, the holder " + left + " times");
        }
    }

    @Test
    void areAsIfOneAfterAnother() {
        Interleavings.checkFromTheStart(getClass());
    }
}
