package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EngineStats;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.prefix.ApproximateView;
import io.kvasir.prefix.CacheTier;
import io.kvasir.prefix.EngineCache;
import io.kvasir.prefix.KeysOfTokens;
import io.kvasir.prefix.PreciseView;
import io.kvasir.prefix.PrefixMatches;
import io.kvasir.prefix.PrefixNamespace;
import io.kvasir.prefix.PromptKeys;
import io.kvasir.prefix.StackedViews;
import io.kvasir.prefix.StoredBlocks;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An engine's restart shows in its events and in its metrics page, in any order: it empties the cache once. */
class PrefixUpkeepOfToldCachesTest {
    private static final int[] OLD = prompt(1);
    private static final int[] NEW = prompt(2);
    private static final long NAMESPACE = PrefixNamespace.of("m", null, null);

    private final Pool pool = new Pool(HardwareCatalogue.load());
    private long now = 1_000;
    private final PreciseView precise = new PreciseView(4, 1, () -> now);
    private final ApproximateView approximate = new ApproximateView(ApproximateView.Settings.DEFAULT, () -> now, 1);
    private final PrefixUpkeep upkeep =
            new PrefixUpkeep(pool, new StackedViews(List.of(precise, approximate), 0.5f), (_, _) -> {});
    private EngineCache cache;

    private static int[] prompt(int seed) {
        return new SplittableRandom(seed).ints(65, 0, 100_000).toArray();
    }

    @BeforeEach
    void anEngineWithBlocks() {
        pool.listen(upkeep);
        pool.apply(List.of(EndpointSpec.of("a", "10.0.0.1", 80)));
        cache = follow(0);
        stored(cache, OLD);
        page(5_000);
        assertThat(held(OLD)).isEqualTo(64);
    }

    private long tenancy() {
        return pool.snapshot().at(0).tenancy();
    }

    private EngineCache follow(int rank) {
        now++;
        return precise.cache(tenancy(), rank, "m", false);
    }

    private void stored(EngineCache rank, int... prompt) {
        now++;
        long[] hashes = {prompt[0], prompt[1], prompt[2], prompt[3]};
        rank.stored(new StoredBlocks(
                CacheTier.GPU, false, 0, hashes, 4, Arrays.copyOf(prompt, 64), 64, 16, null, null, null));
        precise.coverage(tenancy(), 1);
    }

    private void restartTold() {
        now++;
        cache.restarted();
    }

    private void page(long prefixQueries) {
        page(prefixQueries, false);
    }

    private void page(long prefixQueries, boolean asleep) {
        arrive(prefixQueries, asleep);
        now++;
        upkeep.sweep();
    }

    private void arrive(long prefixQueries, boolean asleep) {
        now++;
        pool.snapshot()
                .at(0)
                .report(EngineStats.at(now)
                        .running(0)
                        .waiting(0)
                        .kvUsage(0)
                        .blocks(16, 1000)
                        .asleep(asleep)
                        .prefixes(prefixQueries, 0)
                        .build());
    }

    private PromptKeys keys(int... prompt) {
        return KeysOfTokens.of(precise.schemes(), prompt);
    }

    private int held(int... prompt) {
        var answer = new PrefixMatches();
        precise.match(NAMESPACE, keys(prompt), 1, answer);
        return answer.tokens(0);
    }

    @Test
    void whatIsToldBetweenEventsAndPageStands() {
        restartTold();
        stored(cache, NEW);
        page(10);
        assertThat(held(NEW)).isEqualTo(64);
        assertThat(held(OLD)).isZero();
    }

    @Test
    void whatIsSentBetweenEventsAndPageStands() {
        restartTold();
        stored(cache, NEW);
        var use = precise.routed(NAMESPACE, keys(OLD), tenancy(), 0);
        page(10);
        assertThat(held(OLD)).isEqualTo(64);
        use.withdrawn();
        assertThat(held(OLD)).isZero();
    }

    @Test
    void aSweepBetweenEventsAndPageChangesNothing() {
        restartTold();
        upkeep.sweep();
        stored(cache, NEW);
        upkeep.sweep();
        page(10);
        assertThat(held(NEW)).isEqualTo(64);
    }

    /** The page that is seen before the new process' may be older than the last sweep. */
    @Test
    void aRestartThatIsToldAfterAPageCameAndBeforeItIsSweptIsTheNextPages() {
        arrive(6_000, false);
        restartTold();
        upkeep.sweep();
        stored(cache, NEW);
        page(10);
        assertThat(held(NEW)).isEqualTo(64);
    }

    @Test
    void aPageEmptiesBeforeEventsDo() {
        page(10);
        assertThat(held(OLD)).isZero();
        restartTold();
        stored(cache, NEW);
        page(20);
        assertThat(held(NEW)).isEqualTo(64);
    }

    @Test
    void eventsAloneEmpty() {
        restartTold();
        assertThat(held(OLD)).isZero();
        stored(cache, NEW);
        page(9_000);
        assertThat(held(NEW)).isEqualTo(64);
    }

    @Test
    void aPageAloneEmpties() {
        page(10);
        assertThat(held(OLD)).isZero();
        stored(cache, NEW);
        page(20);
        assertThat(held(NEW)).isEqualTo(64);
    }

    @Test
    void aSecondRestartIsNotTakenForTheFirst() {
        restartTold();
        stored(cache, NEW);
        page(10);
        page(100);
        page(5);
        assertThat(held(NEW)).isZero();
    }

    @Test
    void ofTwoRestartsBetweenTwoPagesTheLastCounts() {
        restartTold();
        stored(cache, OLD);
        restartTold();
        stored(cache, NEW);
        page(10);
        assertThat(held(OLD)).isZero();
        assertThat(held(NEW)).isEqualTo(64);
    }

    @Test
    void aRestartThatNoPageShowedDoesNotStandForALaterOne() {
        restartTold();
        stored(cache, NEW);
        page(9_000);
        page(10);
        assertThat(held(NEW)).isZero();
    }

    @Test
    void aCacheThatIsFollowedAnewHasNothingOfTheFormerProcess() {
        cache.close();
        cache = follow(0);
        stored(cache, NEW);
        page(10);
        assertThat(held(NEW)).isEqualTo(64);
    }

    @Test
    void aRankThatHasNotToldOfItIsEmptied() {
        var second = follow(1);
        stored(second, OLD);
        page(6_000);
        restartTold();
        stored(cache, NEW);
        assertThat(held(OLD)).isEqualTo(64);
        page(10);
        assertThat(held(OLD)).isZero();
        assertThat(held(NEW)).isEqualTo(64);
    }

    @Test
    void aClearIsNoRestart() {
        cache.cleared();
        stored(cache, OLD);
        page(10);
        assertThat(held(OLD)).isZero();
    }

    @Test
    void whoSleepsHoldsNothingWhateverItToldOf() {
        restartTold();
        stored(cache, NEW);
        page(10, true);
        assertThat(held(NEW)).isZero();
    }

    @Test
    void whatIsOnlyBelievedIsForgottenThoughEventsToldOfTheRestart() {
        var use = approximate.routed(NAMESPACE, keys(OLD), tenancy(), 0);
        use.finished(1);
        assertThat(approximate.heldTokens(0)).isPositive();
        restartTold();
        page(10);
        assertThat(approximate.heldTokens(0)).isZero();
    }

    @Test
    void aPageWithoutTheCounterIsNoRestartAndHidesNone() {
        page(-1);
        assertThat(held(OLD)).isEqualTo(64);
        page(10);
        assertThat(held(OLD)).isZero();
    }
}
