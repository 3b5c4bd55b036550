package io.kvasir.admission.flow;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.admission.Ticket;
import io.kvasir.admission.Verdict;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.request.RefusalReason;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What waits while settings, tenants and the pool change, and what is valid though the queue is full. */
class LiveQueueTest {
    private static final EndpointSpec A = FlowFixture.gpu("a", 1, "NVIDIA-H200");
    private static final EndpointSpec SLICE = FlowFixture.gpu("slice", 9, "NVIDIA-H100").toBuilder()
            .maxModelLen(4_096)
            .build();

    private final FlowFixture fixture = new FlowFixture(FlowSettings.DEFAULT, A);
    private final FlowControl flow = fixture.flow;

    private static FlowSettings settings(BandSettings band, double halfLife) {
        return FlowSettings.DEFAULT.toBuilder()
                .otherBands(band, band)
                .halfLifeSeconds(halfLife)
                .build();
    }

    private static BandSettings band(double longestWait, Ordering ordering, long requests) {
        return new BandSettings(0, longestWait, ordering, new Limits(requests, Long.MAX_VALUE, Long.MAX_VALUE));
    }

    private static Asked held(FlowFixture in, Asked asked) {
        assertThat(in.flow.admit(asked)).isInstanceOf(Verdict.Held.class);
        return asked;
    }

    @Test
    void aFullQueueRefusesNobodyWhomAnIdleEndpointWouldServe() {
        var mixed = new FlowFixture(settings(band(60, Ordering.FCFS, 2), 60), A, SLICE);
        mixed.busy("a", 5);
        held(mixed, Asked.of(mixed, "t", 20_000, 10));
        held(mixed, Asked.of(mixed, "t", 20_000, 10));

        assertThat(mixed.flow.admit(Asked.of(mixed, "t", 500, 10))).isInstanceOf(Verdict.Admitted.class);
        assertThat(mixed.flow.snapshot().waiting()).isEqualTo(2);

        mixed.busy("slice", 5);
        assertThat(mixed.flow.admit(Asked.of(mixed, "t", 500, 10)))
                .isInstanceOfSatisfying(
                        Verdict.Refused.class,
                        refused -> assertThat(refused.refusal().reason()).isEqualTo(RefusalReason.SATURATED));
    }

    @Test
    void aFullQueueGivesItsRoomFirstToThoseWhoWait() {
        var one = new FlowFixture(settings(band(60, Ordering.FCFS, 1), 60), A);
        one.busy("a", 5);
        var first = held(one, Asked.of(one, "t", 500, 10));
        // nobody says so
        one.endpoint("a").load().releasePrefill(5_000_000_000L, one.clock.get());

        var second = Asked.of(one, "t", 500, 10);
        assertThat(one.flow.admit(second)).isInstanceOf(Verdict.Held.class);
        assertThat(first.ticket().end()).isInstanceOf(Ticket.End.LetGo.class);
        assertThat(second.ticket().end()).isInstanceOf(Ticket.End.LetGo.class);
    }

    @Test
    void anotherOrderCountsForWhatWaits() {
        var bands = new Bands(settings(band(60, Ordering.FCFS, 100), 60));
        var waitlist = waitlist(bands);
        fixture.busy("a", 500);
        var tenant = bands.tenant(bands.of(0, fixture.clock.get()), "t");
        var asked = List.of(
                Asked.of(fixture, "t", 40_000, 2_000),
                Asked.of(fixture, "t", 100, 1).patience(50, 0),
                Asked.of(fixture, "t", 50_000, 4_000).slo(0.1));
        asked.forEach(one -> assertThat(waitlist.hold(one, tenant)).isInstanceOf(Verdict.Held.class));
        assertThat(line(tenant)).containsExactly(40_000L, 100L, 50_000L);

        waitlist.settings(settings(band(60, Ordering.SHORTEST, 100), 60));
        assertThat(line(tenant)).containsExactly(100L, 40_000L, 50_000L);
        waitlist.settings(settings(band(60, Ordering.EDF, 100), 60));
        assertThat(line(tenant)).containsExactly(50_000L, 100L, 40_000L);
        waitlist.settings(settings(band(60, Ordering.FCFS, 100), 60));
        assertThat(line(tenant)).containsExactly(40_000L, 100L, 50_000L);

        fixture.pass(50.1);
        waitlist.tick();
        assertThat(asked.get(1).ticket().end()).isInstanceOf(Ticket.End.Refused.class);
        assertThat(waitlist.waiting()).isEqualTo(2);
    }

    private Waitlist waitlist(Bands bands) {
        var gates = new Gates(fixture.time, 2_000_000_000L);
        return new Waitlist(
                bands,
                gates,
                new Precedence(bands, gates, fixture.pool, fixture.clock.get()),
                fixture.pool,
                fixture.clock::get,
                new SplittableRandom(1));
    }

    private static List<Long> line(Tenant tenant) {
        return tenant.lines().getFirst().requests().stream()
                .map(Held::longestPrompt)
                .toList();
    }

    @Test
    void aLongerWaitCountsForWhatWaits() {
        fixture.busy("a", 1_000);
        var asked = held(fixture, Asked.of(fixture, "t", 100, 1));
        flow.settings(settings(band(600, Ordering.FCFS, 100), 60));

        fixture.pass(500);
        asked.ticket().expire(fixture.clock.get());
        assertThat(asked.ticket().end()).isNull();
        fixture.pass(100.1);
        assertThat(asked.ticket().end()).isInstanceOf(Ticket.End.Refused.class);
    }

    @Test
    void aPoolThatComesAndGoesDoesNotMakeAWaitEndless() {
        fixture.busy("a", 10_000);
        var asked = held(fixture, Asked.of(fixture, "t", 100, 1));
        for (int i = 0; i < 20 && asked.ticket().end() == null; i++) {
            fixture.pool.apply(List.of());
            fixture.pass(10);
            fixture.pool.apply(List.of(A));
            fixture.busy("a", 10_000);
            fixture.pass(10);
        }
        var usual = FlowSettings.DEFAULT;
        assertThat(fixture.clock.get() * 1e-9 - 1)
                .isLessThan(usual.unlisted().longestWaitSeconds() + usual.noEndpointSeconds() + 20.1);
    }

    @Test
    void anotherHalfLifeKeepsWhatWasServed() {
        fixture.ask(Asked.of(fixture, "t", 10_000, 10));
        fixture.pass(3_000);
        fixture.ask(Asked.of(fixture, "t", 10_000, 10));
        fixture.pass(1);
        double before = flow.snapshot().tenants().getFirst().recentTokens();

        flow.settings(settings(BandSettings.DEFAULT, 1));
        assertThat(flow.snapshot().tenants().getFirst().recentTokens()).isBetween(0.9 * before, 1.1 * before);
        flow.settings(settings(BandSettings.DEFAULT, 3_600));
        fixture.pass(10);
        assertThat(flow.snapshot().tenants().getFirst().recentTokens()).isBetween(0.9 * before, 1.1 * before);
    }

    @Test
    void whoseTenantIsForgottenWhileItComesIsServed() {
        var bands = new Bands(FlowSettings.DEFAULT);
        var waitlist = waitlist(bands);
        fixture.busy("a", 5);
        var band = bands.of(0, fixture.clock.get());
        var tenant = bands.tenant(band, "first");
        for (int i = 0; i < FlowSettings.DEFAULT.tenants(); i++) {
            bands.tenant(band, "busy " + i).inFlight().incrementAndGet();
        }
        assertThat(band.tenants().containsKey("first")).isFalse();

        var asked = Asked.of(fixture, "first", 100, 1);
        assertThat(waitlist.hold(asked, tenant)).isInstanceOf(Verdict.Held.class);
        waitlist.snapshot();
        fixture.endpoint("a").load().releasePrefill(5_000_000_000L, fixture.clock.get());
        waitlist.freed(fixture.endpoint("a"));

        assertThat(asked.ticket().end()).isInstanceOf(Ticket.End.LetGo.class);
    }

    @Test
    void manyKindsAreNotSortedAnewAtEveryLook() {
        var fits = new Fits(fixture.pool, 0);
        IntStream.range(0, 1_000).forEach(i -> fits.of("model " + i, null, 100, 100, 0));

        assertThat(IntStream.range(0, 1_000).filter(i -> fits.refresh(i)).count())
                .isZero();
        assertThat(fits.refresh(1_000_000_000L)).isTrue();
        assertThat(fits.refresh(1_000_000_001L)).isFalse();
    }

    @Test
    void aReplicaThatLeftHasNoRoomForWhoWaitsForItsSuccessor() {
        fixture.busy("a", 5);
        var asked = held(fixture, Asked.of(fixture, "t", 100, 1));
        var before = fixture.endpoint("a");
        fixture.pool.apply(List.of());
        fixture.pool.apply(List.of(FlowFixture.gpu("b", 2, "NVIDIA-H200")));
        var after = fixture.endpoint("b");
        assertThat(after.ordinal()).isEqualTo(before.ordinal());
        assertThat(asked.ticket().end()).isInstanceOf(Ticket.End.LetGo.class);
        fixture.busy("b", 5);
        var next = held(fixture, Asked.of(fixture, "t", 100, 1));

        before.load().releasePrefill(5_000_000_000L, fixture.clock.get());
        flow.freed(before);
        assertThat(next.ticket().end()).isNull();
    }

    @Test
    void nobodyIsToldToStayAwayForLongerThanOneMayWait() {
        var one = new FlowFixture(settings(band(30, Ordering.FCFS, 200), 60), A);
        one.busy("a", 1);
        for (int i = 0; i < 200; i++) {
            one.flow.admit(Asked.of(one, "t", 20_000, 1_000).then(() -> {}));
        }
        one.pass(10);
        for (int i = 0; i < 200; i++) {
            if (one.flow.admit(Asked.of(one, "t", 20_000, 1_000)) instanceof Verdict.Refused(var refusal)) {
                assertThat(refusal.retryAfterMillis()).isBetween(1L, 33_000L);
            }
        }
    }
}
