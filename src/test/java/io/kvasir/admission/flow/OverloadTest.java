package io.kvasir.admission.flow;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.admission.flow.FlowFixture.Served;
import io.kvasir.pool.EndpointSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Longer runs in virtual time, of more than a pool can do. */
class OverloadTest {
    private static final EndpointSpec A = FlowFixture.gpu("a", 1, "NVIDIA-H100");

    private static double quantile(List<Double> values, double share) {
        var sorted = values.stream().sorted().toList();
        return sorted.get((int) Math.min(sorted.size() - 1, Math.ceil(share * sorted.size())));
    }

    private static FlowSettings bands() {
        return FlowSettings.DEFAULT
                .withBand(10, new BandSettings(0, 20, Ordering.FCFS, Limits.OF_BAND))
                .withBand(0, new BandSettings(0, 40, Ordering.FCFS, Limits.OF_BAND))
                .withBand(-10, new BandSettings(0, 120, Ordering.FCFS, Limits.OF_BAND));
    }

    @Test
    void noBandWaitsLongerThanItMayInAnHour() {
        var fixture = new FlowFixture(bands(), A);
        var random = new SplittableRandom(1);
        long at = 0;
        // half as much again as an H100 can do, each band with a third of it
        while (at < 3_600_000_000_000L) {
            at += Math.round(-Math.log(1 - random.nextDouble()) * 250e6);
            int priority = 10 * (random.nextInt(3) - 1);
            int tokens = 8_000 + random.nextInt(16_000);
            fixture.after(
                    at,
                    () -> fixture.ask(
                            Asked.of(fixture, "t" + priority, tokens, 20).priority(priority)));
        }
        fixture.pass(3_600);

        for (var band : fixture.flow.snapshot().bands()) {
            assertThat(band.held()).as("held %d", band.priority()).isGreaterThan(1_000);
            assertThat(band.longestWaitSeconds())
                    .as("band %d", band.priority())
                    .isLessThanOrEqualTo(band.settings().longestWaitSeconds() + 0.011);
            assertThat(band.letGo()).as("let go %d", band.priority()).isGreaterThan(100);
        }
        fixture.pass(200);
        var after = fixture.flow.snapshot();
        assertThat(after.waiting()).isZero();
        assertThat(after.bands()).allSatisfy(band -> assertThat(band.inFlight()).isZero());
    }

    @Test
    void whereRoomForBlocksIsShortEachBandHasItsShareAndTheHighestHardlyWaits() {
        var settings = FlowSettings.DEFAULT
                .withBand(10, new BandSettings(8, 5, Ordering.FCFS, Limits.OF_BAND))
                .withBand(0, new BandSettings(2, 30, Ordering.FCFS, Limits.OF_BAND))
                .withBand(-1, new BandSettings(1, 120, Ordering.FCFS, Limits.OF_BAND));
        var fixture = new FlowFixture(settings, A.toBuilder().kvTokens(48_000).build());
        // some two a second fit, of which the highest band asks for a quarter
        steadily(fixture, 10, 0.5);
        steadily(fixture, 0, 2);
        steadily(fixture, -1, 3);
        fixture.pass(600);

        var high = fixture.band(10);
        assertThat(high.longestWaitSeconds()).isLessThan(2.5);
        assertThat(high.expired()).isZero();
        double usual = fixture.band(0).letGo();
        double batch = fixture.band(-1).letGo();
        assertThat(usual / batch).isBetween(1.2, 2.5);
    }

    private static void steadily(FlowFixture fixture, int priority, double rate) {
        var random = new SplittableRandom(priority);
        long at = 0;
        while (at < 600_000_000_000L) {
            at += Math.round(-Math.log(1 - random.nextDouble()) * 1e9 / rate);
            int tokens = 500 + random.nextInt(1_500);
            fixture.after(
                    at,
                    () -> fixture.ask(
                            Asked.of(fixture, "t" + priority, tokens, 1_000).priority(priority)));
        }
    }

    /** What tenants were served, as shares of all. */
    private record Tenants(Map<String, Double> served) {
        double served(String tenant) {
            return served.getOrDefault(tenant, 0.0);
        }
    }

    private static Tenants tenants(boolean greedy) {
        var fixture = new FlowFixture(FlowSettings.DEFAULT, A);
        var random = new SplittableRandom(2);
        for (int t = 0; t < 8; t++) {
            String name = "t" + t;
            long at = 0;
            while (at < 600_000_000_000L) {
                // each wants about a twelfth of the pool
                at += Math.round(-Math.log(1 - random.nextDouble()) * 4_000e6);
                fixture.after(at, () -> fixture.ask(Asked.of(fixture, name, 8_000, 20)));
            }
        }
        if (greedy) {
            for (int i = 0; i < 600 * 5; i++) {
                fixture.after(i * 200_000_000L, () -> fixture.ask(Asked.of(fixture, "large", 80_000, 20)));
            }
            for (int i = 0; i < 600 * 25; i++) {
                fixture.after(i * 40_000_000L, () -> fixture.ask(Asked.of(fixture, "many", 2_000, 20)));
            }
        }
        fixture.pass(600);
        var served = new HashMap<String, Double>();
        fixture.flow.snapshot().tenants().forEach(tenant -> served.put(tenant.tenant(), tenant.servedTokens()));
        return new Tenants(served);
    }

    @Test
    void tenTenantsOfWhichTwoWantEverything() {
        var alone = tenants(false);
        var beside = tenants(true);

        for (int t = 0; t < 8; t++) {
            String name = "t" + t;
            assertThat(beside.served(name) / alone.served(name))
                    .as("share of %s", name)
                    .isGreaterThanOrEqualTo(0.95);
        }
        double large = beside.served("large");
        double many = beside.served("many");
        assertThat(large / many).isBetween(0.7, 1.5);
    }

    @Test
    void aFloodOfBatchCostsInteractiveRequestsNoMoreThanItMay() {
        double alone = quantile(interactive(false), 0.95);
        double beside = quantile(interactive(true), 0.95);

        // a step that batch may put before it, and the prompt that is being computed
        var fixture = new FlowFixture(FlowSettings.DEFAULT, A);
        double most = fixture.stepSeconds(fixture.endpoint("a")) + fixture.seconds(fixture.endpoint("a"), 500);
        assertThat(beside).isLessThanOrEqualTo(alone + most);
    }

    private static List<Double> interactive(boolean flood) {
        var fixture = new FlowFixture(FlowSettings.DEFAULT, A, FlowFixture.gpu("b", 2, "NVIDIA-H100"));
        var random = new SplittableRandom(3);
        var done = new ArrayList<Double>();
        long at = 0;
        for (int i = 0; i < 15 * 60; i++) {
            at += Math.round(-Math.log(1 - random.nextDouble()) * 1e9 / 15);
            fixture.after(
                    at,
                    () -> fixture.ask(
                            Asked.of(fixture, "chat", 2_000, 50), served -> done.add(served.firstTokenSeconds())));
        }
        var batch = new ArrayList<Served>();
        if (flood) {
            for (int burst = 0; burst < 3; burst++) {
                fixture.after(burst * 15_000_000_000L, () -> {
                    for (int i = 0; i < 1_000; i++) {
                        fixture.ask(Asked.of(fixture, "batch", 500, 50).priority(-1), batch::add);
                    }
                });
            }
        }
        fixture.pass(120);
        assertThat(done).hasSize(15 * 60);
        assertThat(batch.stream().filter(one -> one.refusal == null).count()).isGreaterThanOrEqualTo(flood ? 2_940 : 0);
        return done;
    }
}
