package io.kvasir.route;

import static io.kvasir.route.RouterFixture.chat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.kvasir.observe.RouterMetrics;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EndpointSpecs;
import io.kvasir.pool.Role;
import io.kvasir.request.Dialect;
import io.kvasir.schedule.MaxScorePicker;
import io.kvasir.schedule.PdDecider;
import io.kvasir.schedule.Policy;
import io.kvasir.schedule.Profile;
import io.kvasir.schedule.Profiles;
import io.kvasir.schedule.RoleFilter;
import io.kvasir.schedule.SchedulingContext;
import io.kvasir.schedule.Scorer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A second profile that decides beside the one in force. */
class ShadowTest {
    private static final String MODEL = "llama-3.1-8b";

    private static EndpointSpec[] pool() {
        return new EndpointSpec[] {
            EndpointSpecs.of("a", 1, Role.BOTH, "NVIDIA-H200"),
            EndpointSpecs.of("b", 2, Role.BOTH, "NVIDIA-L4"),
            EndpointSpecs.of("c", 3, Role.BOTH, "NVIDIA-H100")
        };
    }

    private static RouterFixture fixture(Policy policy) {
        return new RouterFixture(new PdDecider.Never(), policy, pool());
    }

    private static void shadow(RouterFixture fixture, Profile shadow) {
        var profiles = fixture.router.profiles();
        fixture.router.swap(new Profiles(profiles.profile(), profiles.pairing(), shadow));
    }

    private static Profile scored(Scorer scorer) {
        return new Profile("own", List.of(), List.of(new Profile.Weighted(scorer, 1)), new MaxScorePicker(0));
    }

    private static ShadowCounts counts(RouterFixture fixture) {
        return fixture.router.counts().shadow();
    }

    /** Everything that is decided for traffic with turns, some of it still in flight when the next is decided. */
    private static List<String> decisions(RouterFixture fixture) {
        var random = new SplittableRandom(5);
        var decided = new ArrayList<String>();
        var open = new ArrayDeque<Booking>();
        for (int i = 0; i < 200; i++) {
            fixture.clock.addAndGet(random.nextLong(50_000_000));
            var booking = fixture.booked(
                    chat(MODEL, ("turn " + random.nextInt(6) + " ").repeat(1 + random.nextInt(300))),
                    RoutingHints.NONE);
            decided.add(booking.decision().toString());
            open.add(booking);
            if (open.size() > 7) {
                open.remove().finish(Outcome.COMPLETED);
            }
        }
        open.forEach(booking -> booking.finish(Outcome.COMPLETED));
        fixture.assertNothingInFlight();
        return decided;
    }

    @ParameterizedTest
    @EnumSource
    void decisionsAreTheSameWithItAndWithoutIt(Policy policy) {
        var without = fixture(policy);
        var with = fixture(policy);
        shadow(with, (policy == Policy.TIME ? Policy.PREFIX_LOAD : Policy.TIME).profile(with.time));

        assertThat(decisions(with)).isEqualTo(decisions(without));
        var counts = counts(with);
        assertThat(counts.compared(ShadowOutcome.AGREED) + counts.compared(ShadowOutcome.DIFFERED))
                .isEqualTo(200);
        assertThat(counts(without).usedSeconds()).isZero();
    }

    @Test
    void aShadowThatWouldHaveBeenFasterShowsBySeconds() {
        var fixture = fixture(Policy.ROUND_ROBIN);
        shadow(fixture, Policy.TIME.profile(fixture.time));

        decisions(fixture);

        var counts = counts(fixture);
        assertThat(counts.compared(ShadowOutcome.DIFFERED)).isGreaterThan(50);
        assertThat(counts.usedSeconds()).isGreaterThan(counts.shadowSeconds());
        assertThat(counts.shadowSeconds()).isPositive();
    }

    @Test
    void whatARequestDoesToOthersCountsInSecondsAsInPolicyTime() {
        var fixture = new RouterFixture(
                new PdDecider.Never(),
                Policy.ROUND_ROBIN,
                EndpointSpecs.of("queue", 1, Role.BOTH, "NVIDIA-H200"),
                EndpointSpecs.of("crowd", 2, Role.BOTH, "NVIDIA-H200"));
        shadow(fixture, Policy.TIME.profile(fixture.time));
        fixture.endpoint("queue").load().placePrefill(100_000_000, 1);
        for (int i = 0; i < 50; i++) {
            fixture.endpoint("crowd").load().place(10, 500);
        }
        var chosen = new ArrayList<String>();
        for (int i = 0; i < 2; i++) {
            var booking = fixture.booked(chat(MODEL, i + "word ".repeat(20_000)), RoutingHints.NONE);
            chosen.add(booking.endpoint().spec().name());
            booking.finish(Outcome.CLIENT_GONE);
        }

        assertThat(chosen).containsExactlyInAnyOrder("queue", "crowd");
        assertThat(counts(fixture).compared(ShadowOutcome.DIFFERED)).isEqualTo(1);
        assertThat(counts(fixture).regretSeconds()).isPositive();
        assertThat(counts(fixture).savedSeconds()).isZero();
    }

    @Test
    void aShadowOfTheSamePolicyAgreesAndGainsNothing() {
        var fixture = new RouterFixture(new PdDecider.Never(), Policy.TIME, pool()[0], pool()[1]);
        shadow(fixture, Policy.TIME.profile(fixture.time));

        decisions(fixture);

        var counts = counts(fixture);
        assertThat(counts.compared(ShadowOutcome.AGREED)).isEqualTo(200);
        assertThat(counts.usedSeconds())
                .isCloseTo(counts.shadowSeconds(), within(1e-9))
                .isPositive();
    }

    @Test
    void itKnowsWhatEndpointsHoldThoughThePolicyInForceDoesNotAsk() {
        var fixture = fixture(Policy.ROUND_ROBIN);
        var held = new ArrayList<Integer>();
        shadow(fixture, scored(new Scorer() {
            @Override
            public String name() {
                return "holders";
            }

            @Override
            public void score(SchedulingContext context, double[] scores) {
                for (int i = 0; i < context.size(); i++) {
                    held.add(context.cachedTokens(i));
                    scores[i] = 0;
                }
            }
        }));
        byte[] body = chat(MODEL, "the same words again ".repeat(100));

        fixture.booked(body, RoutingHints.NONE).finish(Outcome.COMPLETED);
        var again = fixture.booked(body, RoutingHints.NONE);
        again.finish(Outcome.COMPLETED);

        assertThat(held.subList(0, 3)).containsOnly(0);
        assertThat(held.subList(3, 6)).anyMatch(tokens -> tokens > 100);
        assertThat(again.decision().bestCachedTokens())
                .as("known to the shadow only")
                .isZero();
    }

    @Test
    void whatItThrowsIsCountedAndGoesNoFurther() {
        var fixture = fixture(Policy.TIME);
        shadow(fixture, scored(new Scorer() {
            @Override
            public String name() {
                return "broken";
            }

            @Override
            public void score(SchedulingContext context, double[] scores) {
                throw new IllegalStateException("broken");
            }
        }));

        decisions(fixture);

        assertThat(counts(fixture).compared(ShadowOutcome.FAILED)).isEqualTo(200);
    }

    @Test
    void itRefusesNobody() {
        var fixture = fixture(Policy.TIME);
        shadow(fixture, new Profile("encode", List.of(RoleFilter.encode()), List.of(), new MaxScorePicker(0)));

        decisions(fixture);

        assertThat(counts(fixture).compared(ShadowOutcome.REFUSED)).isEqualTo(200);
        assertThat(fixture.router.counts().ended(Outcome.COMPLETED)).isEqualTo(200);
    }

    @Test
    void itIsToldOfNoBookingAndLeftOutOfExplanations() {
        var fixture = fixture(Policy.TIME);
        var told = new ArrayList<Endpoint>();
        shadow(fixture, scored(new Scorer() {
            @Override
            public String name() {
                return "listening";
            }

            @Override
            public void score(SchedulingContext context, double[] scores) {
                for (int i = 0; i < context.size(); i++) {
                    scores[i] = i;
                }
            }

            @Override
            public void booked(SchedulingContext context, Endpoint endpoint) {
                told.add(endpoint);
            }
        }));

        decisions(fixture);
        var reading = fixture.router.read(Dialect.CHAT_COMPLETIONS);
        byte[] body = chat(MODEL, "why");
        reading.feed(body, 0, body.length);
        fixture.router.explain(reading, reading.finish(), RoutingHints.NONE);
        reading.abandon();

        assertThat(told).isEmpty();
        var counts = counts(fixture);
        assertThat(counts.compared(ShadowOutcome.AGREED) + counts.compared(ShadowOutcome.DIFFERED))
                .isEqualTo(200);
    }

    private static Map<String, Double> page(RouterFixture fixture) {
        return new RouterMetrics(fixture.router, List.of())
                .collect().stream()
                        .flatMap(family -> family.samples.stream())
                        .filter(sample -> sample.name.startsWith("kvasir_shadow"))
                        .collect(Collectors.toMap(sample -> sample.name + sample.labelValues, sample -> sample.value));
    }

    @Test
    void metricsTellOfItWhileThereIsOne() {
        var fixture = fixture(Policy.ROUND_ROBIN);
        assertThat(page(fixture)).isEmpty();
        shadow(fixture, Policy.TIME.profile(fixture.time));

        decisions(fixture);

        var counts = counts(fixture);
        assertThat(page(fixture))
                .containsExactlyInAnyOrderEntriesOf(Map.of(
                        "kvasir_shadow_decisions_total[agreed]",
                        (double) counts.compared(ShadowOutcome.AGREED),
                        "kvasir_shadow_decisions_total[differed]",
                        (double) counts.compared(ShadowOutcome.DIFFERED),
                        "kvasir_shadow_decisions_total[refused]",
                        0.0,
                        "kvasir_shadow_decisions_total[failed]",
                        0.0,
                        "kvasir_shadow_predicted_seconds_total[used]",
                        counts.usedSeconds(),
                        "kvasir_shadow_predicted_seconds_total[shadow]",
                        counts.shadowSeconds(),
                        "kvasir_shadow_regret_seconds_total[]",
                        counts.regretSeconds(),
                        "kvasir_shadow_saved_seconds_total[]",
                        counts.savedSeconds()));
        assertThat(counts.regretSeconds() - counts.savedSeconds())
                .isCloseTo(counts.usedSeconds() - counts.shadowSeconds(), within(1e-6));
    }
}
