package io.kvasir.admission.flow;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.admission.Evictable;
import io.kvasir.admission.Stay;
import io.kvasir.admission.Verdict;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.request.Refusal;
import io.kvasir.request.RefusalReason;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Who has to make room in flight for requests that matter more. */
class EvictionTest {
    private static final EndpointSpec A = FlowFixture.gpu("a", 1, "NVIDIA-H100");

    private final List<InFlight> asked = new ArrayList<>();

    /** A request in flight that does as it is asked once the test says so. */
    private final class InFlight implements Evictable {
        private final FlowFixture fixture;
        private final Stay stay;
        private final double spent;
        private final double left;
        private final boolean begun;
        private @Nullable Refusal refusal;

        InFlight(FlowFixture fixture, int priority, double spent, double left, boolean begun) {
            this.fixture = fixture;
            this.spent = spent;
            this.left = left;
            this.begun = begun;
            var verdict =
                    fixture.flow.admit(Asked.of(fixture, "batch", 1_000, 10).priority(priority));
            stay = ((Verdict.Admitted) verdict).stay();
            stay.booked(fixture.endpoint("a"), 1_000, this);
        }

        @Override
        public boolean evictable() {
            return refusal == null;
        }

        @Override
        public boolean begun() {
            return begun;
        }

        @Override
        public double spentSeconds() {
            return spent;
        }

        @Override
        public double secondsLeft() {
            return left;
        }

        @Override
        public boolean evict(Refusal words) {
            refusal = words;
            asked.add(this);
            return true;
        }

        void end() {
            stay.ended(fixture.endpoint("a"), 500, 0);
        }
    }

    private static FlowFixture fixture(boolean evicts, boolean evictsBegun) {
        return new FlowFixture(
                FlowSettings.DEFAULT.toBuilder().eviction(evicts, evictsBegun).build(), A);
    }

    private static void wait(FlowFixture fixture, int priority) {
        fixture.busy("a", 100);
        assertThat(fixture.flow.admit(Asked.of(fixture, "chat", 1_000, 10).priority(priority)))
                .isInstanceOf(Verdict.Held.class);
    }

    @Test
    void theCheapestOfTheLowestBandFirstAndTheNextOnceThatHasEnded() {
        var fixture = fixture(true, false);
        var dear = new InFlight(fixture, -1, 5, 60, false);
        var cheap = new InFlight(fixture, -1, 1, 60, false);
        var lowest = new InFlight(fixture, -2, 9, 60, false);
        wait(fixture, 0);

        fixture.pass(0.4);
        assertThat(asked).isEmpty();
        fixture.pass(0.2);
        assertThat(asked).containsExactly(lowest);
        fixture.pass(5);
        assertThat(asked).hasSize(1);

        lowest.end();
        fixture.pass(0.02);
        assertThat(asked).containsExactly(lowest, cheap);
        cheap.end();
        fixture.pass(0.02);
        assertThat(asked).containsExactly(lowest, cheap, dear);
        assertThat(Objects.requireNonNull(dear.refusal).reason()).isEqualTo(RefusalReason.EVICTED);
        assertThat(fixture.band(-1).evicted()).isEqualTo(2);
        assertThat(fixture.band(-2).evicted()).isEqualTo(1);
    }

    @Test
    void whoDoesNotEndIsNotWaitedForForEver() {
        var fixture = fixture(true, false);
        new InFlight(fixture, -2, 1, 60, false);
        new InFlight(fixture, -1, 1, 60, false);
        wait(fixture, 0);

        fixture.pass(9);
        assertThat(asked).hasSize(1);
        fixture.pass(2);
        assertThat(asked).hasSize(2);
    }

    @Test
    void noneThatIsNearlyDoneOrHasBegunOrIsNoLower() {
        var fixture = fixture(true, false);
        new InFlight(fixture, -1, 1, 0.5, false);
        new InFlight(fixture, -1, 1, 60, true);
        new InFlight(fixture, 0, 1, 60, false);
        wait(fixture, 0);

        fixture.pass(20);
        assertThat(asked).isEmpty();
    }

    @Test
    void alsoThoseThatHaveBegunWhereThatIsWanted() {
        var fixture = fixture(true, true);
        var begun = new InFlight(fixture, -1, 1, 60, true);
        wait(fixture, 0);

        fixture.pass(1);
        assertThat(asked).containsExactly(begun);
    }

    @Test
    void nobodyWhereItIsNotConfiguredOrOnlyNegativeOnesWait() {
        var off = fixture(false, false);
        new InFlight(off, -1, 1, 60, false);
        wait(off, 0);
        off.pass(2);
        assertThat(asked).isEmpty();

        var on = fixture(true, false);
        new InFlight(on, -2, 1, 60, false);
        wait(on, -1);
        on.pass(2);
        assertThat(asked).isEmpty();
    }

    @Test
    void nobodyForOneThatWaitsOnlyBecauseAnEndpointIsKeptFree() {
        var settings = FlowSettings.DEFAULT.toBuilder().eviction(true, false).build();
        var fixture = new FlowFixture(settings, A, FlowFixture.gpu("b", 2, "NVIDIA-H100"));
        var batch = new InFlight(fixture, -1, 1, 60, false);
        for (int i = 0; i < 100; i++) {
            fixture.after(
                    i * 100_000_000L,
                    () -> fixture.ask(Asked.of(fixture, "higher", 200, 1).priority(1)));
        }
        fixture.pass(5);
        fixture.busy("a", 100);
        var lower = Asked.of(fixture, "lower", 10_000, 1);
        assertThat(fixture.flow.admit(lower)).isInstanceOf(Verdict.Held.class);

        fixture.pass(2);
        assertThat(lower.ticket().end()).isNull();
        assertThat(asked).isEmpty();

        fixture.busy("b", 100);
        fixture.pass(0.1);
        assertThat(asked).containsExactly(batch);
    }
}
