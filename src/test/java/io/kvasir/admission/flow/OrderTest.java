package io.kvasir.admission.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.kvasir.admission.flow.FlowFixture.Served;
import io.kvasir.pool.EndpointSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who is served first of those that wait. */
class OrderTest {
    private static final EndpointSpec A = FlowFixture.gpu("a", 1, "NVIDIA-H100");
    private static final int PROMPT = 8_000;

    private final List<String> order = new ArrayList<>();

    private FlowFixture busy(FlowSettings settings) {
        var fixture = new FlowFixture(settings, A);
        fixture.busy("a", 5);
        return fixture;
    }

    private void ask(FlowFixture fixture, String name, Asked asked) {
        fixture.ask(asked, served -> {
            if (served.refusal == null) {
                order.add(name);
            }
        });
    }

    /** One after the other: a hold that one prompt uses up. */
    private static FlowSettings oneByOne() {
        return FlowSettings.DEFAULT.toBuilder().hold(0.01, 0.01).build();
    }

    private static FlowSettings with(Ordering ordering) {
        return oneByOne().withBand(0, new BandSettings(0, 60, ordering, Limits.OF_BAND));
    }

    @Test
    void whoCameFirst() {
        var fixture = busy(with(Ordering.FCFS));
        for (int i = 0; i < 4; i++) {
            ask(fixture, "t" + i, Asked.of(fixture, "t", PROMPT, 1));
            fixture.pass(0.001);
        }
        fixture.idle("a", 5);
        fixture.pass(30);

        assertThat(order).containsExactly("t0", "t1", "t2", "t3");
    }

    @Test
    void whoHasToBeFirst() {
        var fixture = busy(with(Ordering.EDF));
        ask(fixture, "none", Asked.of(fixture, "t", PROMPT, 1));
        ask(fixture, "patient", Asked.of(fixture, "t", PROMPT, 1).patience(30, 0));
        ask(fixture, "slo", Asked.of(fixture, "t", PROMPT, 1).slo(2));
        ask(fixture, "urgent", Asked.of(fixture, "t", PROMPT, 1).slo(1));
        fixture.idle("a", 5);
        fixture.pass(30);

        assertThat(order).containsExactly("urgent", "slo", "patient", "none");
    }

    @Test
    void whoAsksLeast() {
        var fixture = busy(with(Ordering.SHORTEST));
        ask(fixture, "long", Asked.of(fixture, "t", 3 * PROMPT, 1));
        ask(fixture, "short", Asked.of(fixture, "t", PROMPT, 1));
        ask(fixture, "middle", Asked.of(fixture, "t", 2 * PROMPT, 1));
        fixture.idle("a", 5);
        fixture.pass(30);

        assertThat(order).containsExactly("short", "middle", "long");
    }

    @Test
    void unlessConfiguredWhoAsksLeastAndOfWhatNobodyLooksAtWhoCameFirst() {
        for (int priority : new int[] {0, -1}) {
            order.clear();
            var fixture = busy(oneByOne());
            for (int i : new int[] {3, 1, 2}) {
                ask(fixture, "" + i, Asked.of(fixture, "t", i * PROMPT, 1).priority(priority));
                fixture.pass(0.001);
            }
            fixture.idle("a", 5);
            fixture.pass(30);

            assertThat(order).isEqualTo(priority < 0 ? List.of("3", "1", "2") : List.of("1", "2", "3"));
        }
    }

    @Test
    void theTenantThatWasServedLeast() {
        var fixture = busy(oneByOne());
        for (int i = 0; i < 4; i++) {
            ask(fixture, "greedy", Asked.of(fixture, "greedy", PROMPT, 1));
        }
        for (int i = 0; i < 2; i++) {
            ask(fixture, "modest", Asked.of(fixture, "modest", PROMPT, 1));
        }
        fixture.idle("a", 5);
        fixture.pass(30);

        assertThat(order).containsExactly("greedy", "modest", "greedy", "modest", "greedy", "greedy");
    }

    @Test
    void whatATenantWasServedBeforeAnybodyWaitedCounts() {
        var fixture = new FlowFixture(oneByOne(), A);
        for (int i = 0; i < 3; i++) {
            fixture.ask(Asked.of(fixture, "greedy", PROMPT, 1));
            fixture.pass(2);
        }
        fixture.busy("a", 5);
        for (int i = 0; i < 3; i++) {
            ask(fixture, "greedy", Asked.of(fixture, "greedy", PROMPT, 1));
            ask(fixture, "modest", Asked.of(fixture, "modest", PROMPT, 1));
        }
        fixture.idle("a", 5);
        fixture.pass(30);

        assertThat(order.subList(0, 3)).containsOnly("modest");
    }

    @Test
    void largeRequestsCountAsWhatTheyAre() {
        var fixture = busy(oneByOne());
        for (int i = 0; i < 4; i++) {
            ask(fixture, "large", Asked.of(fixture, "large", 4 * PROMPT, 1));
        }
        for (int i = 0; i < 8; i++) {
            ask(fixture, "small", Asked.of(fixture, "small", PROMPT, 1));
        }
        fixture.idle("a", 5);
        fixture.pass(60);

        // by tokens four small ones are as much as a large one
        assertThat(order.subList(0, 6)).containsExactly("large", "small", "small", "small", "small", "large");
    }

    @Test
    void sessionsOfATenantTakeTurns() {
        var fixture = busy(oneByOne());
        for (int i = 0; i < 3; i++) {
            ask(fixture, "one", Asked.of(fixture, "t", PROMPT, 1).session("one"));
        }
        for (int i = 0; i < 3; i++) {
            ask(fixture, "other", Asked.of(fixture, "t", PROMPT, 1).session("other"));
        }
        fixture.idle("a", 5);
        fixture.pass(30);

        assertThat(order).containsExactly("one", "other", "one", "other", "one", "other");
    }

    @Test
    void bandsShareByWeightAndTheLowestIsServedToo() {
        var fixture = busy(oneByOne()
                .withBand(1, new BandSettings(3, 600, Ordering.FCFS, Limits.OF_BAND))
                .withBand(0, new BandSettings(1, 600, Ordering.FCFS, Limits.OF_BAND)));
        for (int i = 0; i < 40; i++) {
            ask(fixture, "low", Asked.of(fixture, "t", PROMPT, 1));
            ask(fixture, "high", Asked.of(fixture, "t", PROMPT, 1).priority(1));
        }
        fixture.idle("a", 5);
        fixture.pass(60);

        long low = order.subList(0, 40).stream().filter("low"::equals).count();
        assertThat((double) low).isEqualTo(10, within(1.0));
    }

    @Test
    void aBandWithoutAWeightHasEightTimesThatOfTheNext() {
        var fixture = busy(oneByOne());
        for (int i = 0; i < 40; i++) {
            ask(fixture, "low", Asked.of(fixture, "t", PROMPT, 1).priority(-5));
            ask(fixture, "high", Asked.of(fixture, "t", PROMPT, 1).priority(7));
        }
        fixture.idle("a", 5);
        fixture.pass(20);

        long low = order.subList(0, 36).stream().filter("low"::equals).count();
        assertThat((double) low).isEqualTo(4, within(1.0));
    }

    private static FlowSettings strict(double reserve) {
        return oneByOne().toBuilder()
                .strict(true)
                .reserve(reserve)
                .otherBands(new BandSettings(0, 10, Ordering.FCFS, Limits.OF_BAND), FlowSettings.DEFAULT.negative())
                .build();
    }

    @Test
    void strictBandsComeOneAfterTheOther() {
        var fixture = busy(strict(0));
        for (int i = 0; i < 3; i++) {
            ask(fixture, "low", Asked.of(fixture, "t", PROMPT, 1));
            ask(fixture, "high", Asked.of(fixture, "t", PROMPT, 1).priority(1));
        }
        fixture.idle("a", 5);
        fixture.pass(9);

        assertThat(order).containsExactly("high", "high", "high", "low", "low", "low");
    }

    @Test
    void alsoWithStrictBandsTheReserveIsForTheOldest() {
        var fixture = busy(strict(0.2));
        var low = new ArrayList<Served>();
        for (int i = 0; i < 5; i++) {
            low.add(fixture.ask(Asked.of(fixture, "t", PROMPT, 1)));
        }
        fixture.ask(Asked.of(fixture, "t", PROMPT, 1).priority(1));
        for (int i = 0; i < 200; i++) {
            fixture.after(
                    i * 50_000_000L,
                    () -> fixture.ask(Asked.of(fixture, "t", PROMPT, 1).priority(1)));
        }
        fixture.idle("a", 5);
        fixture.pass(10);

        assertThat(low).allSatisfy(served -> assertThat(served.refusal).isNull());
        assertThat(low).allSatisfy(served -> assertThat(served.waitSeconds()).isBetween(5.0, 10.0));
        assertThat(fixture.band(0).promoted()).isEqualTo(5);
    }

    @Test
    void aRetriedRequestThatWasFirstKeepsItsPlace() {
        var fixture = busy(with(Ordering.FCFS));
        var first = fixture.ask(Asked.of(fixture, "t", PROMPT + 1, 1).patience(1, 0));
        fixture.pass(0.01);
        IntStream.range(0, 5).forEach(i -> ask(fixture, "other", Asked.of(fixture, "t", PROMPT, 1)));
        fixture.pass(1.1);
        assertThat(first.refusal).isNotNull();

        ask(fixture, "retry of another", Asked.of(fixture, "t", PROMPT + 2, 1).patience(30, 1));
        ask(fixture, "retry", Asked.of(fixture, "t", PROMPT + 1, 1).patience(30, 1));
        fixture.idle("a", 5);
        fixture.pass(20);

        assertThat(order.getFirst()).isEqualTo("retry");
        assertThat(order.getLast()).isEqualTo("retry of another");
    }

    @Test
    void aRetriedRequestThatWasNotFirstBeginsAnew() {
        var fixture = busy(with(Ordering.FCFS));
        ask(fixture, "first", Asked.of(fixture, "t", PROMPT, 1));
        fixture.pass(0.01);
        var second = fixture.ask(Asked.of(fixture, "t", PROMPT + 1, 1).patience(1, 0));
        fixture.pass(0.01);
        ask(fixture, "third", Asked.of(fixture, "t", PROMPT, 1));
        fixture.pass(1.1);
        assertThat(second.refusal).isNotNull();

        ask(fixture, "retry", Asked.of(fixture, "t", PROMPT + 1, 1).patience(30, 1));
        fixture.idle("a", 5);
        fixture.pass(20);

        assertThat(order).containsExactly("first", "third", "retry");
    }

    @Test
    void smallRequestsPassOneThatDoesNotFitYetButNotForEver() {
        var fixture = new FlowFixture(
                FlowSettings.DEFAULT.withBand(0, new BandSettings(0, 10, Ordering.FCFS, Limits.OF_BAND)),
                A.toBuilder().kvTokens(40_000).build());
        fixture.ask(Asked.of(fixture, "t", 20_000, 2_000));
        var large = fixture.ask(Asked.of(fixture, "t", 30_000, 100));
        for (int i = 0; i < 300; i++) {
            fixture.after(i * 100_000_000L, () -> fixture.ask(Asked.of(fixture, "u", 5_000, 300)));
        }
        fixture.pass(4);
        assertThat(large.letInNanos).isZero();
        assertThat(fixture.band(0).letGo() + fixture.band(0).letIn()).isGreaterThan(5);
        fixture.pass(25);
        assertThat(large.letInNanos == 0 && large.refusal == null).isFalse();
    }

    @ParameterizedTest
    @EnumSource(Ordering.class)
    void smallRequestsOfItsTenantPassOneThatDoesNotFitYetButNotForEver(Ordering ordering) {
        var fixture = new FlowFixture(
                FlowSettings.DEFAULT.withBand(0, new BandSettings(0, 20, ordering, Limits.OF_BAND)),
                A.toBuilder().kvTokens(40_000).build());
        fixture.ask(Asked.of(fixture, "t", 20_000, 2_000));
        var large = fixture.ask(Asked.of(fixture, "t", 30_000, 100));
        for (int i = 0; i < 300; i++) {
            fixture.after(i * 100_000_000L, () -> fixture.ask(Asked.of(fixture, "t", 5_000, 300)));
        }
        fixture.pass(30);

        assertThat(large.letInNanos).isPositive();
    }

    @Test
    void smallRequestsOfALowerBandDoNotTakeTheRoomThatAHigherOneWaitsFor() {
        var fixture = new FlowFixture(
                FlowSettings.DEFAULT, A.toBuilder().kvTokens(40_000).build());
        for (int i = 0; i < 200; i++) {
            fixture.after(i * 100_000_000L, () -> fixture.ask(Asked.of(fixture, "low", 3_000, 500)));
        }
        fixture.pass(8);
        assertThat(fixture.band(0).waiting()).isGreaterThan(10);
        var high = fixture.ask(Asked.of(fixture, "high", 12_000, 2_000).priority(1));

        fixture.pass(5);
        assertThat(high.letInNanos).isPositive();
        fixture.pass(5);
        assertThat(fixture.band(0).letGo()).isGreaterThan(10);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whereTheEndpointGoesThatIsKeptForALargeRequestAnotherIs(boolean leaves) {
        var a = A.toBuilder().kvTokens(40_000).build();
        var b = FlowFixture.gpu("b", 2, "NVIDIA-H100").toBuilder()
                .kvTokens(40_000)
                .build();
        var fixture = new FlowFixture(FlowSettings.DEFAULT, a, b);
        for (int i = 0; i < 600; i++) {
            fixture.after(i * 50_000_000L, () -> fixture.ask(Asked.of(fixture, "low", 3_000, 2_000)));
        }
        fixture.pass(8);
        var high = fixture.ask(Asked.of(fixture, "high", 12_000, 2_000).priority(1));
        fixture.pass(0.05);
        assertThat(high.letInNanos).isZero();
        if (leaves) {
            fixture.pool.apply(List.of(b));
        } else {
            fixture.endpoint("a").health().connectFailed();
        }

        fixture.pass(16);
        assertThat(high.letInNanos).isPositive();
    }

    @Test
    void aTenantsRequestsThatFitFewerEndpointsAreNotPassedByLaterOnesThatFitMore() {
        var fixture = new FlowFixture(
                with(Ordering.FCFS),
                A,
                FlowFixture.gpu("b", 2, "NVIDIA-H100").toBuilder()
                        .maxModelLen(4_096)
                        .build());
        fixture.busy("a", 5);
        fixture.busy("b", 500);
        ask(fixture, "short", Asked.of(fixture, "t", 2_000, 1));
        ask(fixture, "long", Asked.of(fixture, "t", 8_000, 1));
        ask(fixture, "later", Asked.of(fixture, "t", 2_000, 1));
        fixture.idle("a", 5);
        fixture.pass(30);

        assertThat(order).containsExactly("short", "long", "later");
    }
}
