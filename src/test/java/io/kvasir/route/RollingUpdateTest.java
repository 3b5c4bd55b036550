package io.kvasir.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointHealth;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EndpointSpecs;
import io.kvasir.pool.PoolListener;
import io.kvasir.pool.Role;
import io.kvasir.schedule.PdDecider;
import io.kvasir.schedule.Policy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Replicas that go while requests run on them, and others that get their ordinals. */
class RollingUpdateTest {
    private static final String PRODUCT = "NVIDIA-H200";

    private static EndpointSpec spec(int number, Role role) {
        return EndpointSpecs.of("e" + number, number, role, PRODUCT);
    }

    private static byte[] prompt(String letter) {
        return RouterFixture.chat("m", letter.repeat(20_000));
    }

    private static RouterFixture following(RouterFixture fixture) {
        fixture.pool.listen(new PoolListener() {
            @Override
            public void removed(Endpoint endpoint) {
                fixture.view.removed(endpoint.tenancy());
            }
        });
        return fixture;
    }

    private static int cachedTokens(RouterFixture fixture, byte[] prompt) {
        var booking = fixture.booked(prompt, RoutingHints.NONE);
        int cached = booking.decision().cachedTokens();
        booking.finish(Outcome.CONNECT_FAILED);
        return cached;
    }

    @ParameterizedTest
    @EnumSource(Outcome.class)
    void whatEndsOnAReplicaThatLeftIsNotCreditedToTheNextWithItsOrdinal(Outcome outcome) {
        var fixture = following(new RouterFixture(spec(1, Role.BOTH)));
        var old = fixture.booked(prompt("a"), RoutingHints.NONE);
        long oldTenancy = old.endpoint().tenancy();

        fixture.pool.apply(List.of(spec(2, Role.BOTH)));
        var newcomer = fixture.endpoint("e2");
        assertThat(newcomer.ordinal()).isEqualTo(old.endpoint().ordinal());
        assertThat(newcomer.tenancy()).isGreaterThan(oldTenancy);
        // its first request, of another prompt, is at work
        var own = fixture.booked(prompt("b"), RoutingHints.NONE);
        long held = fixture.view.heldTokens(newcomer.ordinal());

        old.responseStarted(500);
        old.responseStarted(200);
        old.firstToken();
        old.tokens(100);
        old.usage(5_000, 0, 100);
        old.finish(outcome);

        assertThat(fixture.view.heldTokens(newcomer.ordinal())).isEqualTo(held);
        assertThat(newcomer.load().requests()).isEqualTo(1);
        assertThat(newcomer.health().state()).isEqualTo(EndpointHealth.State.UNKNOWN);
        assertThat(old.endpoint().load().requests()).isZero();
        own.finish(Outcome.COMPLETED);
        fixture.assertNothingInFlight();
        assertThat(cachedTokens(fixture, prompt("b"))).isPositive();
    }

    @Test
    void thePromptOfTheOldReplicaIsColdOnTheNew() {
        var fixture = following(new RouterFixture(spec(1, Role.BOTH)));
        var old = fixture.booked(prompt("a"), RoutingHints.NONE);
        fixture.pool.apply(List.of(spec(2, Role.BOTH)));
        fixture.booked(prompt("b"), RoutingHints.NONE).finish(Outcome.COMPLETED);
        old.firstToken();
        old.finish(Outcome.COMPLETED);
        assertThat(cachedTokens(fixture, prompt("a"))).isZero();
        assertThat(fixture.view.stats().getFirst().late()).isEqualTo(1);
    }

    @Test
    void aPrefillOfAReplicaThatLeftIsNotCreditedEither() {
        var fixture = following(
                new RouterFixture(new PdDecider.Always(), Policy.TIME, spec(1, Role.PREFILL), spec(2, Role.DECODE)));
        var hints = RoutingHints.builder().pairs(true).build();
        var old = fixture.booked(prompt("a"), hints);
        assertThat(old.decision().prefill()).isEqualTo(fixture.endpoint("e1"));

        fixture.pool.apply(List.of(spec(3, Role.PREFILL), spec(2, Role.DECODE)));
        var newcomer = fixture.endpoint("e3");
        var own = fixture.booked(prompt("b"), hints);
        assertThat(own.decision().prefill()).isEqualTo(newcomer);
        long held = fixture.view.heldTokens(newcomer.ordinal());
        old.responseStarted(200);
        old.firstToken();
        old.finish(Outcome.COMPLETED);
        assertThat(fixture.view.heldTokens(newcomer.ordinal())).isEqualTo(held);
        assertThat(newcomer.load().prefills()).isEqualTo(1);
        own.finish(Outcome.COMPLETED);
        fixture.assertNothingInFlight();
    }

    @Test
    void aDecisionThatIsOlderThanTheUpdateLeavesNothingBehind() {
        var fixture = following(new RouterFixture(spec(1, Role.BOTH), spec(2, Role.BOTH)));
        var old = fixture.booked(prompt("a"), RoutingHints.NONE);
        fixture.pool.apply(List.of(spec(3, Role.BOTH), spec(4, Role.BOTH)));
        // both replicas have left, and the fallback is booked all the same
        old.retry(RetryReason.REFUSED);
        old.firstToken();
        old.finish(Outcome.COMPLETED);
        assertThat(fixture.view.heldTokens(0)).isZero();
        assertThat(fixture.view.heldTokens(1)).isZero();
        fixture.assertNothingInFlight();
    }

    @Test
    void manyUpdatesUnderLongStreamsLeaveOnlyWhatTheLastReplicasGot() {
        var fixture = following(new RouterFixture(spec(0, Role.BOTH), spec(1, Role.BOTH), spec(2, Role.BOTH)));
        var streams = new ArrayList<Booking>();
        for (int update = 1; update <= 40; update++) {
            for (int i = 0; i < 4; i++) {
                streams.add(fixture.booked(prompt("p" + update + "x" + i), RoutingHints.NONE));
            }
            // one replica goes and another comes, as in a rolling update; every stream outlasts some of them
            fixture.pool.apply(
                    List.of(spec(update, Role.BOTH), spec(update + 1, Role.BOTH), spec(update + 2, Role.BOTH)));
            while (streams.size() > 12) {
                var stream = streams.removeFirst();
                stream.firstToken();
                stream.usage(5_000, 4_000, 10);
                stream.finish(Outcome.COMPLETED);
            }
        }
        fixture.pool.apply(List.of(spec(100, Role.BOTH), spec(101, Role.BOTH), spec(102, Role.BOTH)));
        for (int i = 0; i < 3; i++) {
            fixture.booked(prompt("z" + i), RoutingHints.NONE).finish(Outcome.COMPLETED);
        }
        long held = fixture.view.stats().getFirst().index().replicas();
        streams.forEach(stream -> {
            stream.firstToken();
            stream.finish(Outcome.COMPLETED);
        });
        assertThat(fixture.view.stats().getFirst().index().replicas()).isEqualTo(held);
        fixture.assertNothingInFlight();
        assertThat(fixture.view.stats().getFirst().late()).isPositive();
    }
}
