package io.kvasir.admission.flow;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.admission.flow.FlowFixture.Served;
import io.kvasir.pool.EndpointSpec;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Endpoints that are kept free of what matters less, for what matters more and is likely to come. */
class PrecedenceTest {
    private static final EndpointSpec[] THREE = {
        FlowFixture.gpu("a", 1, "NVIDIA-H100"),
        FlowFixture.gpu("b", 2, "NVIDIA-H100"),
        FlowFixture.gpu("c", 3, "NVIDIA-H100")
    };
    private static final double SECONDS = 5;
    /** Takes an H100 a quarter of a second or so. */
    private static final int LARGE = 10_000;

    private final List<Served> less = new ArrayList<>();
    private int most;

    /** Large requests at once, after and while small ones of somebody else come. */
    private FlowFixture flood(FlowSettings settings, int priority, double rate, EndpointSpec... specs) {
        var fixture = new FlowFixture(settings, specs);
        long between = Math.round(1e9 / rate);
        for (int i = 0; i < rate * 2 * SECONDS; i++) {
            fixture.after(
                    i * between,
                    () -> fixture.ask(Asked.of(fixture, "modest", 200, 1).priority(priority)));
        }
        // by then it is known what comes, and that this tenant has had more than others
        fixture.ask(Asked.of(fixture, "greedy", 4 * LARGE, 1));
        fixture.pass(SECONDS);
        for (int i = 0; i < 100; i++) {
            less.add(fixture.ask(Asked.of(fixture, "greedy", LARGE, 1)));
        }
        return fixture;
    }

    /** Endpoints on which these are computed at once, at most; one that is nearly done is not counted. */
    private int mostAtOnce(FlowFixture fixture) {
        for (int i = 0; i < 1_000; i++) {
            long now = fixture.clock.get();
            most = Math.max(most, (int) less.stream()
                    .filter(one -> one.letInNanos > 0 && one.letInNanos < now - 10_000_000 && one.firstTokenNanos == 0)
                    .map(one -> one.endpoint)
                    .distinct()
                    .count());
            fixture.pass(0.004);
        }
        assertThat(less.stream().filter(one -> one.letInNanos > 0).count()).isGreaterThan(5);
        return most;
    }

    @Test
    void aLowerBandLeavesAnEndpointToAHigherOneOfWhichSomeAreLikelyToCome() {
        assertThat(mostAtOnce(flood(FlowSettings.DEFAULT, 1, 10, THREE))).isEqualTo(2);
    }

    @Test
    void aTenantThatHadMoreLeavesAnEndpointToThoseThatHadLess() {
        assertThat(mostAtOnce(flood(FlowSettings.DEFAULT, 0, 10, THREE))).isEqualTo(2);
    }

    @Test
    void whereHardlyAnybodyComesAllAreUsed() {
        assertThat(mostAtOnce(flood(FlowSettings.DEFAULT, 1, 0.2, THREE))).isEqualTo(3);
    }

    @Test
    void whereNothingIsToBeKeptFreeAllAreUsed() {
        var settings = FlowSettings.DEFAULT.toBuilder().keepFree(false).build();

        assertThat(mostAtOnce(flood(settings, 1, 10, THREE))).isEqualTo(3);
    }

    @Test
    void theOnlyEndpointIsNotKeptFree() {
        assertThat(mostAtOnce(flood(FlowSettings.DEFAULT, 1, 10, THREE[0]))).isEqualTo(1);
    }

    /** Requests of a higher band for a while, and after 5 s lower ones beside them; how many of those are let in. */
    private long lowerLetIn(FlowFixture fixture, double rate, int prompt, int output, int lowerPrompt) {
        for (int i = 0; i < rate * 3 * SECONDS; i++) {
            fixture.after(
                    Math.round(i * 1e9 / rate),
                    () -> fixture.ask(
                            Asked.of(fixture, "higher", prompt, output).priority(1)));
        }
        fixture.pass(2 * SECONDS);
        for (int i = 0; i < 100; i++) {
            less.add(fixture.ask(Asked.of(fixture, "lower", lowerPrompt, 1)));
        }
        fixture.pass(SECONDS - 1);
        assertThat(fixture.band(1).longestWaitSeconds()).isLessThan(1);
        return less.stream().filter(one -> one.letInNanos > 0).count();
    }

    @Test
    void anEndpointTooSmallForWhatMattersMoreIsKeptForNobody() {
        var slice = THREE[1].toBuilder().maxModelLen(4_096).build();

        assertThat(lowerLetIn(new FlowFixture(FlowSettings.DEFAULT, THREE[0], slice), 2, 8_000, 1, 3_000))
                .isGreaterThan(80);
    }

    @Test
    void longStepsOfWhatMattersMoreItselfLeaveTheRestToOthers() {
        var fixture = new FlowFixture(FlowSettings.DEFAULT, THREE[0], THREE[1]);

        assertThat(lowerLetIn(fixture, 6, 4_000, 6_000, LARGE)).isGreaterThan(15);
    }

    @Test
    void oneTenantAloneIsHeldAsEver() {
        var fixture = new FlowFixture(FlowSettings.DEFAULT, THREE);
        for (int i = 0; i < 100; i++) {
            fixture.after(i * 50_000_000L, () -> fixture.ask(Asked.of(fixture, "only", LARGE / 10, 1)));
        }
        fixture.pass(SECONDS + 1);
        for (int i = 0; i < 6; i++) {
            less.add(fixture.ask(Asked.of(fixture, "only", LARGE, 1)));
        }

        assertThat(less).allSatisfy(one -> assertThat(one.letInNanos).isEqualTo(one.askedNanos));
    }

    private static final String OTHER = "Qwen/Qwen3-8B";
    private static final String[] ADAPTERS = {FlowFixture.MODEL, "sql", "law", "tax"};

    /** Higher requests for each of some models in turn, and after 5 s a flood of lower ones. */
    private FlowFixture flood(double rate, String[] models, EndpointSpec... specs) {
        var fixture = new FlowFixture(FlowSettings.DEFAULT, specs);
        for (int i = 0; i < rate * 2 * SECONDS; i++) {
            String model = models[i % models.length];
            fixture.after(
                    Math.round(i * 1e9 / rate),
                    () -> fixture.ask(
                            Asked.of(fixture, "higher", 200, 1).priority(1).model(model)));
        }
        fixture.pass(SECONDS);
        for (int i = 0; i < 100; i++) {
            less.add(fixture.ask(Asked.of(fixture, "lower", LARGE, 1)));
        }
        return fixture;
    }

    @Test
    void endpointsOfAModelAreNotKeptFreeForRequestsForAnother() {
        var other =
                FlowFixture.gpu("d", 4, "NVIDIA-H100").toBuilder().model(OTHER).build();

        assertThat(mostAtOnce(flood(10, new String[] {OTHER}, THREE[0], THREE[1], THREE[2], other)))
                .isEqualTo(3);
    }

    @Test
    void endpointsThatServeBothAreKeptFree() {
        var both = new EndpointSpec[THREE.length];
        for (int i = 0; i < both.length; i++) {
            both[i] = THREE[i].toBuilder()
                    .adapters(List.of(ADAPTERS).subList(1, 4))
                    .build();
        }

        assertThat(mostAtOnce(flood(10, new String[] {"sql"}, both))).isEqualTo(2);
    }

    @Test
    void fewRequestsForEachOfManyModelsOfTheSameEndpointsCountTogether() {
        var all = new EndpointSpec[THREE.length];
        for (int i = 0; i < all.length; i++) {
            all[i] = THREE[i].toBuilder()
                    .adapters(List.of(ADAPTERS).subList(1, 4))
                    .build();
        }
        double prompt = new FlowFixture(FlowSettings.DEFAULT, all)
                .seconds(new FlowFixture(FlowSettings.DEFAULT, all).endpoint("a"), LARGE);

        // one in four is not likely while a prompt is computed, all four are
        assertThat(mostAtOnce(flood(0.2 / prompt, ADAPTERS, all))).isEqualTo(2);
    }

    @Test
    void anEndpointWhereOnlyThoseThatMatterMoreFitIsKeptInPlaceOfOthers() {
        var slice = THREE[2].toBuilder().maxModelLen(4_096).build();

        assertThat(mostAtOnce(flood(FlowSettings.DEFAULT, 0, 10, THREE[0], THREE[1], slice)))
                .isEqualTo(2);
    }
}
