package io.kvasir.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.admission.TestAdmission;
import io.kvasir.admission.TestAdmission.Mode;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.request.Dialect;
import io.kvasir.request.Refusal;
import io.kvasir.request.RefusalReason;
import io.kvasir.request.Refusals;
import io.kvasir.request.RequestHeaders;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A booked request that admission asks back. */
class EvictedBookingTest {
    private final RouterFixture fixture = new RouterFixture(EndpointSpec.of("a", "10.0.0.1", 80));
    private final TestAdmission admission = new TestAdmission(Mode.ADMIT);
    private final List<Refusal> evicted = new ArrayList<>();
    private final List<Runnable> tasks = new ArrayList<>();
    private boolean told;

    private final Waiter door = new Waiter() {
        @Override
        public void execute(Runnable task) {
            tasks.add(task);
        }

        @Override
        public void decided(Routing.Decided routing) {
            throw new AssertionError("nothing waits");
        }

        @Override
        public boolean evictable() {
            return !told;
        }

        @Override
        public void evict(Refusal refusal) {
            evicted.add(refusal);
        }
    };

    EvictedBookingTest() {
        fixture.router.admission(admission);
    }

    private Booking booked() {
        byte[] body = RouterFixture.chat("m", "hi");
        var reading = fixture.router.read(Dialect.CHAT_COMPLETIONS);
        reading.feed(body, 0, body.length);
        var request = reading.finish().withHeaders(RequestHeaders.NONE);
        return ((Routing.Booked) fixture.router.route(reading, request, RoutingHints.NONE, door)).booking();
    }

    private void turn() {
        tasks.forEach(Runnable::run);
        tasks.clear();
    }

    @Test
    void itsDoorEndsItOnItsLoopOnce() {
        var booking = booked();
        var request = admission.booked().remove();
        assertThat(request.evictable()).isTrue();
        assertThat(request.begun()).isFalse();

        assertThat(request.evict(Refusals.evicted(700))).isTrue();
        assertThat(request.evict(Refusals.evicted(700))).isFalse();
        assertThat(evicted).isEmpty();
        turn();

        assertThat(evicted)
                .singleElement()
                .satisfies(refusal -> assertThat(refusal.reason()).isEqualTo(RefusalReason.EVICTED));
        booking.finish(Outcome.CLIENT_GONE);
        assertThat(admission.inside()).isZero();
        fixture.assertNothingInFlight();
    }

    @Test
    void whoseClientWasToldSomethingIsLeftAlone() {
        var booking = booked();
        told = true;

        var request = admission.booked().remove();
        assertThat(request.evictable()).isFalse();
        assertThat(request.evict(Refusals.evicted(700))).isFalse();
        booking.finish(Outcome.COMPLETED);
    }

    @Test
    void whatEndedMeanwhileHearsNothing() {
        var booking = booked();
        var request = admission.booked().remove();
        assertThat(request.evict(Refusals.evicted(700))).isTrue();
        booking.finish(Outcome.COMPLETED);
        turn();

        assertThat(evicted).isEmpty();
        assertThat(request.evict(Refusals.evicted(700))).isFalse();
    }

    @Test
    void itTellsWhatWasDoneAndWhatIsLeft() {
        var booking = booked();
        var request = admission.booked().remove();
        double before = request.secondsLeft();
        assertThat(request.spentSeconds()).isZero();
        assertThat(before).isPositive();

        fixture.clock.addAndGet(10_000_000);
        assertThat(request.spentSeconds()).isPositive();
        assertThat(request.secondsLeft()).isLessThan(before);
        booking.firstToken();
        assertThat(request.begun()).isTrue();
        booking.finish(Outcome.COMPLETED);
    }
}
