package io.kvasir.route;

import io.kvasir.Interleavings;
import io.kvasir.cost.ModelCatalogue;
import io.kvasir.cost.TimeModel;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.prefix.ApproximateView;
import io.kvasir.schedule.Policy;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;

/** A request that is moved and answered while somebody else ends it: all that was counted for it is taken back once. */
public class BookingInterleavings {
    private static final HardwareCatalogue HARDWARE = HardwareCatalogue.load();
    private static final TimeModel TIME = new TimeModel(ModelCatalogue.load());
    private static final byte[] BODY = RouterFixture.chat("m", "word ".repeat(100));

    private final AtomicLong clock = new AtomicLong(1);
    private final Pool pool = new Pool(HARDWARE);
    private final Router router;
    private final Booking booking;

    public BookingInterleavings() {
        pool.apply(List.of(EndpointSpec.of("a", "10.0.0.1", 80), EndpointSpec.of("b", "10.0.0.2", 80)));
        router = new Router(
                pool,
                new ApproximateView(
                        new ApproximateView.Settings(4, 1, 10_000, Duration.ofMinutes(1), 0.8f), clock::get, 7),
                TIME,
                Policy.TIME.profile(TIME),
                RouterSettings.DEFAULT,
                clock::get,
                new SplittableRandom(3)::split);
        booking = ((Routing.Booked) RouterFixture.route(router, BODY)).booking();
    }

    @Operation(nonParallelGroup = "owner")
    public void retry() {
        var _ = booking.retry(RetryReason.REFUSED);
    }

    @Operation(nonParallelGroup = "owner")
    public void firstToken() {
        booking.firstToken();
    }

    @Operation(nonParallelGroup = "owner")
    public void prefillOver() {
        booking.prefillOver();
    }

    @Operation
    public void complete() {
        booking.finish(Outcome.COMPLETED);
    }

    @Operation
    public void clientGone() {
        booking.finish(Outcome.CLIENT_GONE);
    }

    @Validate
    public void nothingIsLeft() {
        booking.finish(Outcome.SHUTDOWN);
        for (var endpoint : pool.snapshot().endpoints()) {
            var load = endpoint.load();
            if (load.requests() != 0
                    || load.promptTokens() != 0
                    || load.outputTokens() != 0
                    || load.prefills() != 0
                    || load.prefillNanos() != 0
                    || endpoint.health().trials() != 0) {
                throw new IllegalStateException(endpoint + " keeps " + load.requests() + " requests, " + load.prefills()
                        + " prefills, " + endpoint.health().trials() + " trials");
            }
        }
        long ends = 0;
        for (Outcome outcome : Outcome.values()) {
            ends += router.counts().ended(outcome);
        }
        if (ends != 1) {
            throw new IllegalStateException(ends + " ends");
        }
    }

    @Test
    void leaveNothingBehind() {
        Interleavings.checkWhatIsLeft(getClass(), Booking.class, PlacedWork.class, EndpointEvidence.class, Turn.class);
    }
}
