package io.kvasir.admission.flow;

import io.kvasir.Interleavings;
import io.kvasir.admission.Stay;
import io.kvasir.admission.Ticket;
import io.kvasir.admission.Verdict;
import io.kvasir.pool.EndpointSpec;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;

/**
 * Requests that wait and are let go, cancelled, expired and refused at once: each ends once, and nothing of them is left
 * or counted twice.
 */
public class WaitlistInterleavings {
    private static final EndpointSpec A = FlowFixture.gpu("a", 1, "NVIDIA-H100");
    private static final double BUSY_SECONDS = 5;
    private static final long LATER_NANOS = 3_000_000_000L;

    private record Held(Ticket ticket, Stay stay) {}

    private final FlowFixture fixture = new FlowFixture(FlowSettings.DEFAULT, A);
    private final Queue<Held> held = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean idle = new AtomicBoolean();
    private final Held first;

    public WaitlistInterleavings() {
        fixture.busy("a", BUSY_SECONDS);
        arrive();
        first = held.element();
        arrive();
    }

    @Operation
    public void arrive() {
        switch (fixture.flow.admit(Asked.of(fixture, "t", 1_000, 10).patience(2, 0))) {
            case Verdict.Held(var ticket, var stay) -> held.add(new Held(ticket, stay));
            case Verdict.Admitted(var stay) -> stay.ended(null, 0, 0);
            case Verdict.Refused _ -> {}
        }
    }

    @Operation
    public void leave() {
        first.ticket().cancel();
    }

    @Operation
    public void expire() {
        first.ticket().expire(fixture.clock.get() + LATER_NANOS);
    }

    @Operation
    public void makeRoom() {
        if (idle.compareAndSet(false, true)) {
            fixture.idle("a", BUSY_SECONDS);
        }
    }

    @Operation
    public void tick() {
        fixture.flow.tick();
    }

    @Operation
    public void stop() {
        fixture.flow.stop();
    }

    @Validate
    public void nothingIsLeft() {
        long letGo = 0;
        long left = 0;
        long expired = 0;
        for (var one : held) {
            one.ticket().cancel();
            switch (one.ticket().end()) {
                case Ticket.End.LetGo _ -> {
                    letGo++;
                    one.stay().ended(null, 0, 0);
                }
                case Ticket.End.Cancelled _ -> left++;
                case Ticket.End.Expired _ -> expired++;
                case Ticket.End.Refused _ -> {}
                case null -> throw new IllegalStateException("it waits for ever");
            }
        }
        var after = fixture.flow.snapshot();
        var band = after.bands().getFirst();
        var tenant = after.tenants().getFirst();
        var counts = List.of(
                after.waiting(),
                after.bytes(),
                after.tokens(),
                band.waiting(),
                band.inFlight(),
                tenant.waiting(),
                tenant.inFlight(),
                band.letGo() - letGo,
                band.left() - left,
                band.expired() - expired);
        if (counts.stream().anyMatch(count -> count != 0)) {
            throw new IllegalStateException("left: " + counts);
        }
    }

    @Test
    void leaveNothingBehind() {
        Interleavings.checkWhatIsLeft(getClass(), FlowControl.class, Waitlist.class, Ticket.class);
    }
}
