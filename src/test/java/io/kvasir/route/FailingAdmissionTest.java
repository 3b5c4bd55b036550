package io.kvasir.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.admission.Admission;
import io.kvasir.admission.Arrival;
import io.kvasir.admission.Evictable;
import io.kvasir.admission.FailingAdmission;
import io.kvasir.admission.Stay;
import io.kvasir.admission.TestAdmission;
import io.kvasir.admission.TestAdmission.Mode;
import io.kvasir.admission.Ticket;
import io.kvasir.admission.Verdict;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EngineStats;
import io.kvasir.request.Dialect;
import io.kvasir.request.Refusal;
import io.kvasir.request.RefusalReason;
import io.kvasir.request.Refusals;
import io.kvasir.request.RequestHeaders;
import io.kvasir.testing.CollectedMetrics;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** An admission that throws, and one that is told of room. */
class FailingAdmissionTest {
    private static final EndpointSpec A = EndpointSpec.of("a", "10.0.0.1", 80);
    private static final EndpointSpec B = EndpointSpec.of("b", "10.0.0.2", 80);

    private final RouterFixture fixture = new RouterFixture(A);
    private final Router router = fixture.router;
    private final TestWaiter waiter = new TestWaiter();

    private Routing route() {
        byte[] body = RouterFixture.chat("m", "hi");
        var reading = router.read(Dialect.CHAT_COMPLETIONS);
        reading.feed(body, 0, body.length);
        return router.route(reading, reading.finish().withHeaders(RequestHeaders.NONE), RoutingHints.NONE, waiter);
    }

    private Booking booked() {
        var routing = route();
        assertThat(routing).isInstanceOf(Routing.Booked.class);
        return ((Routing.Booked) routing).booking();
    }

    @Test
    void whatAdmissionCouldNotTellIsLetInPastItAndLeavesNoBooksOpen() {
        var failing = new FailingAdmission(false);
        router.admission(failing);

        var booking = booked();
        booking.firstToken();
        booking.finish(Outcome.COMPLETED);

        fixture.assertNothingInFlight();
        assertThat(router.counts().ended(Outcome.COMPLETED)).isEqualTo(1);
        // asked, the prompt computed, the request released
        assertThat(router.admissionFailures()).isEqualTo(3);
        assertThat(CollectedMetrics.of(router::describe).value(FailingAdmission.COUNTER))
                .isEqualTo(3);
    }

    @Test
    void aTicketOfACallThatFailedIsWorthNothing() {
        var failing = new FailingAdmission(true);
        router.admission(failing);

        var booking = booked();

        assertThat(Objects.requireNonNull(failing.ticket()).letGo()).isFalse();
        assertThat(waiter.idle()).isTrue();
        booking.finish(Outcome.COMPLETED);
        fixture.assertNothingInFlight();
        assertThat(router.counts().waits().waiting(WaitReason.ADMISSION)).isZero();
    }

    @Test
    void whatItFailsToHearOfTheEndTakesNothingBackTwice() {
        var test = new TestAdmission(Mode.ADMIT);
        router.admission(new Admission() {
            @Override
            public Verdict admit(Arrival arrival) {
                var stay = ((Verdict.Admitted) test.admit(arrival)).stay();
                return new Verdict.Admitted(new Stay() {
                    @Override
                    public Refusal expired() {
                        return Refusals.waitExpired(0);
                    }

                    @Override
                    public void booked(Endpoint endpoint, long uncachedTokens, Evictable request) {
                        throw new IllegalStateException("booked");
                    }

                    @Override
                    public void ended(@Nullable Endpoint endpoint, long computed, long output) {
                        stay.ended(endpoint, computed, output);
                        throw new IllegalStateException("ended");
                    }
                });
            }

            @Override
            public void freed(Endpoint endpoint) {
                throw new IllegalStateException("freed");
            }
        });
        booked().finish(Outcome.CLIENT_GONE);

        fixture.assertNothingInFlight();
        assertThat(test.inside()).isZero();
        // booked, freed, ended
        assertThat(router.admissionFailures()).isEqualTo(3);
    }

    @Test
    void aRequestThatNoEndpointTakesIsRefusedAsEverWhereAdmissionFails() {
        router.admission(new FailingAdmission(false));
        fixture.pool.apply(List.of());

        var routing = route();

        assertThat(routing)
                .isInstanceOfSatisfying(
                        Routing.Refused.class,
                        refused -> assertThat(refused.refusal().reason()).isEqualTo(RefusalReason.POOL_EMPTY));
        fixture.assertNothingInFlight();
    }

    @Test
    void noVerdictAtAllIsAFailure() {
        router.admission(new Admission() {
            @Override
            @SuppressWarnings("NullAway") // what others write is not checked
            public Verdict admit(Arrival arrival) {
                return null;
            }

            @Override
            public void freed(Endpoint endpoint) {}
        });

        booked().finish(Outcome.COMPLETED);

        fixture.assertNothingInFlight();
        assertThat(router.admissionFailures()).isEqualTo(1);
    }

    @Test
    void aHeldVerdictWithoutATicketLetsTheRequestIn() {
        router.admission(new Admission() {
            @Override
            public Verdict admit(Arrival arrival) {
                return new Verdict.Held(new Ticket(Ticket.NO_DEADLINE, () -> {}, () -> {}), Stay.UNHEARD);
            }

            @Override
            public void freed(Endpoint endpoint) {}
        });

        booked().finish(Outcome.COMPLETED);

        fixture.assertNothingInFlight();
        assertThat(router.admissionFailures()).isEqualTo(1);
    }

    @Test
    void admissionHearsOfRoomThatAPageOrAnEndpointThatJoinsShows() {
        var admission = new TestAdmission(Mode.HOLD);
        router.admission(admission);
        assertThat(admission.freed()).isEmpty();

        fixture.endpoint("a").report(EngineStats.UNKNOWN);
        fixture.pool.apply(List.of(A, B));
        fixture.pool.apply(List.of(A, EndpointSpec.of("b2", "10.0.0.2", 80)));

        var names = new ArrayList<String>();
        admission.freed().forEach(endpoint -> names.add(endpoint.spec().name()));
        assertThat(names).containsExactly("a", "b", "b2");
    }
}
