package io.kvasir.route;

import static io.kvasir.route.RouterFixture.chat;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.admission.TestAdmission;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointSpecs;
import io.kvasir.pool.Role;
import io.kvasir.request.Dialect;
import io.kvasir.schedule.MaxScorePicker;
import io.kvasir.schedule.Pairing;
import io.kvasir.schedule.PdDecider;
import io.kvasir.schedule.Policy;
import io.kvasir.schedule.Profile;
import io.kvasir.schedule.Profiles;
import io.kvasir.schedule.SchedulingContext;
import io.kvasir.schedule.Scorer;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Profiles that are swapped while traffic runs. */
class SwapTest {
    private static final byte[] BODY = chat("llama-3.1-8b", "who decides");

    private final RouterFixture fixture = new RouterFixture(
            EndpointSpecs.of("a", 1, Role.BOTH, "NVIDIA-H200"), EndpointSpecs.of("b", 2, Role.BOTH, "NVIDIA-H200"));

    /** Prefers one endpoint, and checks that what it hears of was scored by it. */
    private static final class Preferring implements Scorer {
        private static final ThreadLocal<Preferring> LAST = new ThreadLocal<>();

        private final String wanted;
        private final AtomicInteger booked = new AtomicInteger();
        private final AtomicInteger strangers = new AtomicInteger();

        Preferring(String wanted) {
            this.wanted = wanted;
        }

        @Override
        public String name() {
            return "preferring-" + wanted;
        }

        @Override
        public void score(SchedulingContext context, double[] scores) {
            LAST.set(this);
            for (int i = 0; i < context.size(); i++) {
                scores[i] = context.candidate(i).spec().name().equals(wanted) ? 1 : 0;
            }
        }

        @Override
        public void booked(SchedulingContext context, Endpoint endpoint) {
            booked.incrementAndGet();
            if (LAST.get() != this || !endpoint.spec().name().equals(wanted)) {
                strangers.incrementAndGet();
            }
        }
    }

    private Profiles profiles(Scorer scorer) {
        var profile =
                new Profile(scorer.name(), List.of(), List.of(new Profile.Weighted(scorer, 1)), new MaxScorePicker(0));
        return new Profiles(profile, new Pairing(new PdDecider.Never(), profile, fixture.time, false), null);
    }

    private static String name(Booking booking) {
        return booking.endpoint().spec().name();
    }

    @Test
    void theNextDecisionIsTheOthersAndWhatWasBookedEndsWell() {
        fixture.router.swap(profiles(new Preferring("a")));
        var before = fixture.booked(BODY, RoutingHints.NONE);
        var left = fixture.booked(BODY, RoutingHints.NONE);

        fixture.router.swap(profiles(new Preferring("b")));
        var after = fixture.booked(BODY, RoutingHints.NONE);

        assertThat(List.of(name(before), name(left), name(after))).containsExactly("a", "a", "b");
        assertThat(fixture.router.profiles().profile().name()).isEqualTo("preferring-b");
        before.finish(Outcome.COMPLETED);
        left.finish(Outcome.CLIENT_GONE);
        after.finish(Outcome.COMPLETED);
        fixture.assertNothingInFlight();
    }

    @Test
    void whoWaitsIsDecidedByWhatIsInForceThen() throws Exception {
        var admission = new TestAdmission(TestAdmission.Mode.HOLD);
        var waiter = new TestWaiter();
        fixture.router.admission(admission);
        fixture.router.swap(profiles(new Preferring("a")));
        var reading = fixture.router.read(Dialect.CHAT_COMPLETIONS);
        reading.feed(BODY, 0, BODY.length);
        assertThat(fixture.router.route(reading, reading.finish(), RoutingHints.NONE, waiter))
                .isInstanceOf(Waiting.class);

        fixture.router.swap(profiles(new Preferring("b")));
        admission.letGo(admission.held());

        var booking = waiter.turn().booking();
        assertThat(name(booking)).isEqualTo("b");
        booking.finish(Outcome.COMPLETED);
        fixture.assertNothingInFlight();
    }

    @Test
    void policiesAreSwappedByName() {
        for (var policy : Policy.values()) {
            fixture.router.swap(new Profiles(
                    policy.profile(fixture.time),
                    new Pairing(new PdDecider.Never(), policy.prefillProfile(fixture.time), fixture.time, false),
                    null));
            assertThat(fixture.router.profiles().profile().name()).isEqualTo(policy.key());
            fixture.booked(BODY, RoutingHints.NONE).finish(Outcome.COMPLETED);
        }
        fixture.assertNothingInFlight();
    }

    @Test
    void eachDecisionOfManyThreadsIsOfOneProfileThroughout() throws Exception {
        var one = new Preferring("a");
        var other = new Preferring("b");
        fixture.router.swap(profiles(one));
        int threads = 4;
        int each = 500;
        try (var executor = Executors.newFixedThreadPool(threads)) {
            Callable<Void> traffic = () -> {
                for (int i = 0; i < each; i++) {
                    // whoever routes swaps too, so that swaps fall among decisions however the threads are run
                    fixture.router.swap(profiles(i % 2 == 0 ? one : other));
                    fixture.booked(BODY, RoutingHints.NONE).finish(Outcome.COMPLETED);
                }
                return null;
            };
            for (var done : executor.invokeAll(Collections.nCopies(threads, traffic))) {
                done.get();
            }
        }

        assertThat(one.booked.get() + other.booked.get()).isEqualTo(threads * each);
        assertThat(one.strangers.get() + other.strangers.get()).isZero();
        fixture.assertNothingInFlight();
    }
}
