package io.kvasir.admission.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvasir.admission.Ticket;
import io.kvasir.admission.Verdict;
import io.kvasir.admission.flow.FlowFixture.Served;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.request.Refusal;
import io.kvasir.request.RefusalReason;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** How much may wait and for how long, and what those hear that may not. */
class BoundsTest {
    private static final EndpointSpec A = FlowFixture.gpu("a", 1, "NVIDIA-H100");

    private static FlowSettings limits(Limits limits) {
        return FlowSettings.DEFAULT.withBand(0, new BandSettings(0, 60, Ordering.FCFS, limits));
    }

    private static FlowFixture busy(FlowSettings settings) {
        var fixture = new FlowFixture(settings, A);
        fixture.busy("a", 1_000);
        return fixture;
    }

    private static RefusalReason reason(Verdict verdict) {
        assertThat(verdict).isInstanceOf(Verdict.Refused.class);
        return ((Verdict.Refused) verdict).refusal().reason();
    }

    @Test
    void ofABandWaitSoManyRequestsBytesAndTokens() {
        for (var limits : List.of(
                new Limits(2, Long.MAX_VALUE, Long.MAX_VALUE),
                new Limits(Long.MAX_VALUE, 8_000, Long.MAX_VALUE),
                new Limits(Long.MAX_VALUE, Long.MAX_VALUE, 2_000))) {
            var fixture = busy(limits(limits));
            fixture.flow.admit(Asked.of(fixture, "t", 1_000, 1));
            fixture.flow.admit(Asked.of(fixture, "u", 1_000, 1));

            assertThat(reason(fixture.flow.admit(Asked.of(fixture, "v", 1_000, 1))))
                    .isEqualTo(RefusalReason.SATURATED);
            assertThat(fixture.flow.admit(Asked.of(fixture, "v", 1_000, 1).priority(1)))
                    .isInstanceOf(Verdict.Held.class);
            assertThat(fixture.band(0).saturated()).isEqualTo(1);
        }
    }

    @Test
    void oneRequestMayWaitHoweverLargeItIs() {
        var fixture = busy(limits(new Limits(2, 10, 10)));

        assertThat(fixture.flow.admit(Asked.of(fixture, "t", 1_000, 1))).isInstanceOf(Verdict.Held.class);
    }

    @Test
    void whoWaitsForAsLongAsItsBandMayIsRefused() {
        var fixture = busy(FlowSettings.DEFAULT
                .withBand(0, new BandSettings(0, 3, Ordering.FCFS, Limits.OF_BAND))
                .withBand(1, new BandSettings(0, 5, Ordering.FCFS, Limits.OF_BAND)));
        var low = fixture.ask(Asked.of(fixture, "t", 1_000, 1));
        var high = fixture.ask(Asked.of(fixture, "t", 1_000, 1).priority(1));

        fixture.pass(2.9);
        assertThat(low.refusal).isNull();
        fixture.pass(0.2);
        assertThat(Objects.requireNonNull(low.refusal).reason()).isEqualTo(RefusalReason.WAIT_EXPIRED);
        assertThat(high.refusal).isNull();
        fixture.pass(2);
        assertThat(high.refusal).isNotNull();
        assertThat(fixture.flow.snapshot().waiting()).isZero();
        assertThat(fixture.band(0).expired()).isEqualTo(1);
        assertThat(fixture.band(0).longestWaitSeconds()).isBetween(3.0, 3.02);
    }

    @Test
    void aClientsOwnTimeOnlyShortensThat() {
        var fixture = busy(FlowSettings.DEFAULT.withBand(0, new BandSettings(0, 3, Ordering.FCFS, Limits.OF_BAND)));
        var brief = fixture.ask(Asked.of(fixture, "t", 1_000, 1).patience(1, 0));
        var endless = fixture.ask(Asked.of(fixture, "t", 1_000, 1).patience(1_000, 0));

        fixture.pass(1.1);
        assertThat(brief.refusal).isNotNull();
        fixture.pass(2);
        assertThat(endless.refusal).isNotNull();
    }

    @Test
    void aDoorThatLooksBeforeTheTickEndsTheWaitWithTheSameWords() {
        var fixture = busy(FlowSettings.DEFAULT);
        var asked = Asked.of(fixture, "t", 1_000, 1).patience(1, 0);
        var held = (Verdict.Held) fixture.flow.admit(asked);

        fixture.clock.addAndGet(1_000_000_000L);
        assertThat(asked.ticket().expire(fixture.clock.get())).isTrue();

        assertThat(held.stay().expired().reason()).isEqualTo(RefusalReason.WAIT_EXPIRED);
        assertThat(fixture.band(0).expired()).isEqualTo(1);
        assertThat(fixture.flow.snapshot().waiting()).isZero();
    }

    @Test
    void whoLeavesCountsAsGone() {
        var fixture = busy(FlowSettings.DEFAULT);
        var asked = Asked.of(fixture, "t", 1_000, 1);
        fixture.flow.admit(asked);

        asked.ticket().cancel();

        assertThat(asked.ticket().end()).isInstanceOf(Ticket.End.Cancelled.class);
        var snapshot = fixture.flow.snapshot();
        assertThat(List.of(snapshot.waiting(), snapshot.bytes(), snapshot.tokens()))
                .containsOnly(0L);
        assertThat(fixture.band(0).left()).isEqualTo(1);
    }

    @Test
    void whoIsRefusedHearsWhenItsTurnWouldHaveCome() {
        var fixture = new FlowFixture(limits(new Limits(200, Long.MAX_VALUE, Long.MAX_VALUE)), A);
        var refused = new ArrayList<Served>();
        var served = new ArrayList<Served>();
        // an H100 takes some ten a second of these; fifteen come
        for (int i = 0; i < 3_000; i++) {
            int tokens = 5_000 + 37 * (i % 100);
            fixture.after(
                    i * 66_000_000L,
                    () -> fixture.ask(
                            Asked.of(fixture, "t", tokens, 1),
                            one -> (one.refusal == null ? served : refused).add(one)));
        }
        fixture.pass(300);

        assertThat(refused).hasSizeGreaterThan(100);
        // what one that was held at about the same time waited
        int close = 0;
        for (var one : refused) {
            double told = Objects.requireNonNull(one.refusal).retryAfterMillis() / 1_000.0;
            double near = served.stream()
                    .min((a, b) -> Long.compare(
                            Math.abs(a.askedNanos - one.askedNanos), Math.abs(b.askedNanos - one.askedNanos)))
                    .orElseThrow()
                    .waitSeconds();
            close += Math.abs(told - near) <= 0.3 * near ? 1 : 0;
        }
        assertThat(close).isGreaterThanOrEqualTo((int) (0.9 * refused.size()));
    }

    @Test
    void thoseWhoseTimeIsOverBeforeTheirTurnAreNotInTheTimeToTryAgain() {
        var fixture = new FlowFixture(limits(new Limits(200, Long.MAX_VALUE, Long.MAX_VALUE)), A);
        // an H100 takes some ten a second of these, so that most of them leave
        for (int i = 0; i < 190; i++) {
            fixture.ask(Asked.of(fixture, "t", 5_000, 1).patience(3, 0));
        }
        var patient = new ArrayList<Served>();
        var refused = new ArrayList<Served>();
        for (int i = 0; i < 30; i++) {
            fixture.ask(Asked.of(fixture, "t", 5_000, 1), one -> (one.refusal == null ? patient : refused).add(one));
        }
        assertThat(refused).hasSizeGreaterThan(10);
        fixture.pass(60);

        double last = patient.getLast().waitSeconds();
        assertThat(last).isBetween(3.0, 6.0);
        assertThat(refused)
                .allSatisfy(
                        one -> assertThat(Objects.requireNonNull(one.refusal).retryAfterMillis() / 1_000.0)
                                .isBetween(0.7 * last, 1.3 * last));
    }

    @Test
    void ofOthersOnlyWhatIsServedMeanwhileIsInTheTimeToTryAgain() {
        var fixture = new FlowFixture(limits(new Limits(64, Long.MAX_VALUE, Long.MAX_VALUE)), A);
        fixture.busy("a", 50);
        for (int i = 0; i < 64; i++) {
            // 1, 7, 14 and 42 wait
            String tenant = i == 0 ? "t" : i < 8 ? "u" : i < 22 ? "v" : "w";
            assertThat(fixture.flow.admit(Asked.of(fixture, tenant, 1_000, 1))).isInstanceOf(Verdict.Held.class);
        }
        double small = told(fixture, "t");

        // so many are served until as many of its own are as wait, and one more
        assertThat(told(fixture, "u") / small).isBetween(0.85 * 25 / 8, 1.15 * 25 / 8);
        assertThat(told(fixture, "v") / small).isBetween(0.85 * 38 / 8, 1.15 * 38 / 8);
        assertThat(told(fixture, "w") / small).isBetween(0.85 * 65 / 8, 1.15 * 65 / 8);
    }

    private static FlowFixture smallestFirst() {
        var band = new BandSettings(0, 600, Ordering.SHORTEST, new Limits(60, Long.MAX_VALUE, Long.MAX_VALUE));
        var fixture = new FlowFixture(FlowSettings.DEFAULT.withBand(0, band), A);
        fixture.busy("a", 50);
        for (int i = 0; i < 60; i++) {
            fixture.ask(Asked.of(fixture, "t", i < 30 ? 1_000 : 20_000, 1));
        }
        return fixture;
    }

    @Test
    void whereTheSmallestIsFirstNothingLargerIsInTheTimeToTryAgain() {
        var fixture = smallestFirst();

        double small = told(fixture, "t", 2_000);
        // 30 of 1,000 tokens are before it, and before the other 30 of 20,000 as well
        assertThat(told(fixture, "t", 30_000) / small).isBetween(0.85 * 660 / 32, 1.15 * 660 / 32);
    }

    @Test
    void whereTheSmallestIsFirstThoseAreInTheTimeToTryAgainThatWillOvertake() {
        var fixture = smallestFirst();
        double before = told(fixture, "t", 10_000);
        double small = told(fixture, "t", 500);
        fixture.pass(1);
        fixture.idle("a", 50);
        for (int i = 0; i < 2_000; i++) {
            fixture.after(i * 5_000_000L, () -> fixture.ask(Asked.of(fixture, "t", 1_000, 1)));
        }
        fixture.pass(9);

        // hardly more waits that is smaller, but what comes fills the engine
        assertThat(told(fixture, "t", 10_000)).isGreaterThan(10 * before);
        assertThat(told(fixture, "t", 500)).isLessThan(2 * small);
    }

    @Test
    void whereTheSmallestIsFirstWhoeverIsRefusedIsAsLargeAsThoseLikeItThatWait() {
        var band = new BandSettings(0, 600, Ordering.SHORTEST, new Limits(60, Long.MAX_VALUE, Long.MAX_VALUE));
        var fixture = new FlowFixture(FlowSettings.DEFAULT.withBand(0, band), A);
        fixture.busy("a", 50);
        for (int i = 0; i < 60; i++) {
            fixture.ask(Asked.of(fixture, "t", 1_000, 500));
        }
        double alone = told(fixture, "t", 100);

        // sixty of its own size, output included, are before it, and none before one of 100
        var verdict = fixture.flow.admit(Asked.of(fixture, "t", 1_000, 500));
        assertThat(verdict)
                .isInstanceOfSatisfying(
                        Verdict.Refused.class,
                        refused ->
                                assertThat(refused.refusal().retryAfterMillis()).isGreaterThan(Math.round(10 * alone)));
    }

    @Test
    void aBurstOfWhoHadAskedForNothingIsNotTakenToGoOn() {
        var band = new BandSettings(0, 600, Ordering.SHORTEST, new Limits(60, Long.MAX_VALUE, Long.MAX_VALUE));
        var fixture = new FlowFixture(FlowSettings.DEFAULT.withBand(0, band), A);
        fixture.busy("a", 50);
        for (int i = 0; i < 60; i++) {
            fixture.after(i * 100_000L, () -> fixture.ask(Asked.of(fixture, "t", 100, 1)));
        }
        fixture.pass(0.01);

        // 6,000 tokens before it, of which an H100 computes tens of thousands a second
        assertThat(told(fixture, "t", 2_000)).isLessThan(5_000);
    }

    private static double told(FlowFixture fixture, String tenant) {
        return told(fixture, tenant, 1_000);
    }

    private static double told(FlowFixture fixture, String tenant, int tokens) {
        return fixture.flow.admit(Asked.of(fixture, tenant, tokens, 1)) instanceof Verdict.Refused(Refusal refusal)
                ? refusal.retryAfterMillis()
                : Double.NaN;
    }

    @Test
    void timesToTryAgainAreSpread() {
        var fixture = new FlowFixture(limits(new Limits(50, Long.MAX_VALUE, Long.MAX_VALUE)), A);
        var told = new ArrayList<Long>();
        for (int i = 0; i < 200; i++) {
            fixture.after(i * 10_000_000L, () -> fixture.ask(Asked.of(fixture, "t", 5_000, 1)));
        }
        fixture.pass(2);
        for (int i = 0; i < 20; i++) {
            if (fixture.flow.admit(Asked.of(fixture, "t", 5_000, 1)) instanceof Verdict.Refused(Refusal refusal)) {
                told.add(refusal.retryAfterMillis());
            }
        }
        assertThat(told).hasSizeGreaterThan(15);
        assertThat(told.stream().distinct().count()).isGreaterThan(10);
    }

    @Test
    void tenantsThatAreToldApartAreBounded() {
        var fixture = busy(FlowSettings.DEFAULT.toBuilder().toldApart(10, 20).build());
        for (int i = 0; i < 100; i++) {
            fixture.flow.admit(Asked.of(fixture, "t" + i, 1_000, 1).session("s" + i));
        }
        var tenants = fixture.flow.snapshot().tenants();
        assertThat(tenants).hasSizeLessThanOrEqualTo(11);
        assertThat(tenants)
                .filteredOn(tenant -> tenant.tenant().equals("(others)"))
                .singleElement()
                .satisfies(tenant -> assertThat(tenant.waiting()).isEqualTo(90));
    }

    @Test
    void modelsThatATenantAsksForAreBounded() {
        var bands = new Bands(FlowSettings.DEFAULT);
        var tenant = bands.tenant(bands.of(0, 0), "t");
        for (int i = 0; i < 1_000; i++) {
            tenant.asks("model " + i).came(1);
        }

        assertThat(tenant.asks()).hasSizeLessThanOrEqualTo(17);
        // what is asked of all others is asked of any endpoint
        assertThat(tenant.asks("").inFlight()).isEqualTo(984);

        tenant.asks().values().forEach(one -> {
            while (one.inFlight() > 0) {
                one.ended();
            }
            one.pass(1e6);
        });
        assertThat(tenant.asks("another")).isSameAs(tenant.asks(""));
        tenant.forgetAsks();
        assertThat(tenant.asks("another")).isNotSameAs(tenant.asks(""));
    }

    @Test
    void whatOneAsksForThatHasWaitedCountsThoughItsModelWasForgottenMeanwhile() {
        var bands = new Bands(FlowSettings.DEFAULT);
        var tenant = bands.tenant(bands.of(0, 0), "t");
        var waits = new Admitted(null, tenant, 1_000, 1);
        for (int i = 0; i < 16; i++) {
            var _ = tenant.asks(i == 0 ? "its" : "model " + i);
        }
        tenant.forgetAsks();
        assertThat(tenant.asks()).isEmpty();

        waits.enter("its", 0);

        assertThat(tenant.asks("its").inFlight()).isEqualTo(1);
        waits.ended(null, 0, 0);
        assertThat(tenant.asks("its").inFlight()).isZero();
    }

    @Test
    void modelsThatAreToldApartInAllAreBounded() {
        var fixture = new FlowFixture(FlowSettings.DEFAULT, A);
        var models = IntStream.range(0, 200).mapToObj(i -> "model " + i).toList();
        var served = new ServedModels(fixture.pool.snapshot(), models, fixture.clock.get());

        assertThat(served.size()).isEqualTo(64);
        assertThat(served.bit("model 0")).isEqualTo(0);
        assertThat(served.bit("model 199")).isEqualTo(63);
        assertThat(served.bit("unheard")).isNull();
    }

    @Test
    void sessionsThatAreRememberedAreBounded() {
        var bands = new Bands(FlowSettings.DEFAULT);
        var tenant = bands.tenant(bands.of(0, 1), "t");
        var sessions = new Sessions();
        for (int i = 0; i < 100; i++) {
            sessions.tag(tenant, "s" + i, 10, 20);
        }
        assertThat(sessions.size()).isEqualTo(20);
        assertThat(sessions.tag(tenant, "s99", 10, 20)).isEqualTo(10);
        assertThat(sessions.tag(tenant, "s0", 10, 20)).as("forgotten").isZero();
    }

    @Test
    void bandsAreBoundedToo() {
        var fixture = busy(FlowSettings.DEFAULT);
        for (int i = 0; i < 100; i++) {
            fixture.flow.admit(Asked.of(fixture, "t", 1_000, 1).priority(i));
        }
        assertThat(fixture.flow.snapshot().bands()).hasSize(FlowSettings.MOST_BANDS);
        assertThat(fixture.flow.snapshot().waiting()).isEqualTo(100);
    }

    @Test
    void settingsThatMakeNoSenseAreNamed() {
        assertThatThrownBy(() -> new Limits(0, 1, 1)).hasMessage("maxRequests: bad value \"0\"; allowed: above 0");
        assertThatThrownBy(() -> new BandSettings(-1, 60, Ordering.FCFS, Limits.NONE))
                .hasMessageContaining("weight: bad value \"-1.0\"");
        assertThatThrownBy(() -> FlowSettings.DEFAULT.toBuilder().hold(0, 1).build())
                .hasMessageContaining("hold: bad value \"0.0\"");
    }

    @Test
    void settingsChangeWhileRequestsWait() {
        var fixture = busy(FlowSettings.DEFAULT);
        var served = fixture.ask(Asked.of(fixture, "t", 1_000, 1));
        fixture.pass(3);

        fixture.flow.settings(FlowSettings.DEFAULT.withBand(0, new BandSettings(0, 3, Ordering.FCFS, Limits.OF_BAND)));
        fixture.pass(0.1);

        assertThat(served.refusal).isNotNull();
    }
}
