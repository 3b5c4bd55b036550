package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.pool.CacheConfig;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EngineStats;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.prefix.ApproximateView;
import io.kvasir.prefix.KeyedPrompts;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PrefixUpkeepTest {
    private final Pool pool = new Pool(HardwareCatalogue.load());
    private final ApproximateView view = new ApproximateView(ApproximateView.Settings.DEFAULT, () -> 0, 1);
    private final List<String> told = new ArrayList<>();
    private final PrefixUpkeep upkeep = new PrefixUpkeep(
            pool,
            view,
            (endpoint, change) -> told.add(change + " " + endpoint.spec().name()));

    private void page(long prefixQueries) {
        pool.snapshot()
                .at(0)
                .report(EngineStats.at(1)
                        .running(0)
                        .waiting(0)
                        .kvUsage(0)
                        .blocks(16, 1000)
                        .prefixes(prefixQueries, 0)
                        .build());
    }

    @Test
    void whereTheEngineKeepsNoPrefixesNoneIsBelievedIn() {
        pool.listen(upkeep);
        pool.apply(List.of(EndpointSpec.of("a", "10.0.0.1", 80)));
        page(5_000);
        upkeep.sweep();
        long tenancy = pool.snapshot().at(0).tenancy();
        view.routed(1, KeyedPrompts.ofText(new byte[6_400]), tenancy, 0).finished(1);
        assertThat(view.heldTokens(0)).isPositive();
        pool.snapshot()
                .at(0)
                .report(EngineStats.at(1)
                        .running(0)
                        .waiting(0)
                        .kvUsage(0)
                        .blocks(16, 1000)
                        .prefixes(5_000, 0)
                        .cache(new CacheConfig("sha256", false))
                        .build());
        upkeep.sweep();
        assertThat(view.heldTokens(0)).isZero();
        view.routed(1, KeyedPrompts.ofText(new byte[6_400]), tenancy, 0).finished(1);
        assertThat(view.heldTokens(0)).isZero();
        page(5_000);
        upkeep.sweep();
        view.routed(1, KeyedPrompts.ofText(new byte[6_400]), tenancy, 0).finished(1);
        assertThat(view.heldTokens(0)).isPositive();
    }

    @Test
    void aRestartIsSeenThoughTheDescriptionChangedMeanwhile() {
        pool.listen(upkeep);
        pool.apply(List.of(EndpointSpec.of("a", "10.0.0.1", 80)));
        page(5_000);
        upkeep.sweep();
        view.routed(
                1, KeyedPrompts.ofText(new byte[6_400]), pool.snapshot().at(0).tenancy(), 0);
        assertThat(view.heldTokens(0)).isPositive();

        pool.apply(List.of(EndpointSpec.of("renamed", "10.0.0.1", 80)));
        page(10);
        upkeep.sweep();

        assertThat(view.heldTokens(0)).isZero();
        assertThat(told).containsExactly("RESET renamed");
        pool.apply(List.of());
        assertThat(told).containsExactly("RESET renamed", "REMOVED renamed");
    }

    @Test
    void aRestartEmptiesWhatIsBelievedWithoutWaitingForTheSweep() {
        pool.listen(upkeep);
        pool.apply(List.of(EndpointSpec.of("a", "10.0.0.1", 80)));
        page(5_000);
        upkeep.look();
        long tenancy = pool.snapshot().at(0).tenancy();
        view.routed(1, KeyedPrompts.ofText(new byte[6_400]), tenancy, 0).finished(1);
        upkeep.look();
        assertThat(view.heldTokens(0)).isPositive();

        page(10);
        upkeep.look();

        assertThat(view.heldTokens(0)).isZero();
        assertThat(told).containsExactly("RESET a");
        assertThat(pool.snapshot().at(0).load().timesEmptied()).isEqualTo(1);
        view.routed(1, KeyedPrompts.ofText(new byte[6_400]), tenancy, 0).finished(1);
        upkeep.look();
        upkeep.sweep();
        assertThat(view.heldTokens(0)).as("what came after the restart").isPositive();
        assertThat(told).containsExactly("RESET a");
    }
}
