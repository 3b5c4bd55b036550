package io.kvasir.prefix;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.pool.Tenancy;
import io.kvasir.request.PromptSink.Part;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PreciseViewTest {
    private static final String MODEL = "m";
    private final PreciseView view = new PreciseView(64, 7);
    private final PromptKeyer keyer = new PromptKeyer();
    private final PrefixMatches answer = new PrefixMatches();

    private ToldEngine engine(int ordinal, int size, long seed) {
        long tenancy = Tenancy.of(ordinal, ordinal);
        view.coverage(tenancy, 1);
        return new ToldEngine(view.cache(tenancy, 0, MODEL, false), size, seed);
    }

    private PromptKeys keys(int... prompt) {
        return KeysOfTokens.of(view.schemes(), prompt);
    }

    private PrefixMatches match(String model, @Nullable String salt, int... prompt) {
        view.match(PrefixNamespace.of(model, null, salt), keys(prompt), 64, answer);
        return answer;
    }

    private PrefixMatches match(int... prompt) {
        return match(MODEL, null, prompt);
    }

    private static int[] prompt(int seed, int length) {
        return new SplittableRandom(seed).ints(length, 0, 150_000).toArray();
    }

    private static StoredBlocks blocks(
            CacheTier tier, int[] tokens, @Nullable String adapter, @Nullable String salt, long... hashes) {
        return new StoredBlocks(
                tier,
                false,
                0,
                hashes,
                hashes.length,
                tokens,
                tokens.length,
                tokens.length / hashes.length,
                adapter,
                salt,
                null);
    }

    @Test
    void ofWhatKeepsChangingWhileItIsReadItIsSaidThatItDoes() {
        int[] prompt = prompt(3, 64);
        engine(1, 16, 1).store(prompt, 0, 3);

        var during = view.index().change(() -> match(prompt).outcome(), PrefixMatches.Outcome.NO_KEYS);

        assertThat(during).isEqualTo(PrefixMatches.Outcome.CONTENDED);
        assertThat(answer.tokens(1)).isZero();
        assertThat(answer.isDisturbed(1)).isTrue();
        assertThat(answer.isDisturbed(2)).isFalse();
        assertThat(match(prompt).tokens(1)).isEqualTo(48);
        assertThat(answer.isDisturbed(1)).isFalse();
    }

    /** Whatever engines do, in whatever order: the view says what each holds of any prompt. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6})
    void enginesOfAllBlockSizesAreBelievedToHoldWhatTheyHold(int seed) {
        var random = new SplittableRandom(seed);
        int[] sizes = {1, 4, 16, 16, 16, 48, 64, 128};
        var engines = new ArrayList<ToldEngine>();
        for (int e = 0; e < sizes.length; e++) {
            engines.add(engine(e, sizes[e], e < 4 ? 1 : random.nextLong()));
        }
        var prompts = prompts(random);
        for (int step = 0; step < 250; step++) {
            var engine = engines.get(random.nextInt(engines.size()));
            int[] prompt = prompts.get(random.nextInt(prompts.size()));
            int blocks = prompt.length / engine.size;
            switch (random.nextInt(8)) {
                case 0 -> engine.removeSome(random, 1 + random.nextInt(8));
                case 1, 2 -> engine.removeTail(prompt, 1 + random.nextInt(20), random.nextBoolean());
                case 3 -> {
                    if (random.nextInt(10) == 0) {
                        engine.clear();
                    }
                }
                default -> {
                    int from = random.nextBoolean() ? 0 : engine.leading(prompt);
                    if (from < blocks) {
                        assertThat(engine.store(prompt, from, from + 1 + random.nextInt(blocks - from)))
                                .isEqualTo(StoredOutcome.STORED);
                    }
                }
            }
            if (step % 10 == 0) {
                prompts.forEach(each -> agree(engines, each));
            }
        }
    }

    private List<int[]> prompts(SplittableRandom random) {
        var prompts = new ArrayList<int[]>();
        for (int p = 0; p < 12; p++) {
            int[] prompt = prompt(100 + p, 200 + random.nextInt(300));
            if (p > 0) {
                int[] other = prompts.get(random.nextInt(p));
                int shared = random.nextInt(Math.min(other.length, prompt.length));
                System.arraycopy(other, 0, prompt, 0, shared);
            }
            prompts.add(prompt);
        }
        return prompts;
    }

    private void agree(List<ToldEngine> engines, int[] prompt) {
        match(prompt);
        for (int e = 0; e < engines.size(); e++) {
            var engine = engines.get(e);
            if (engine.cache.blockSize() == 0) {
                continue;
            }
            int tokens = engine.leading(prompt) * engine.size;
            int whole = engine.size % 16 == 0 ? tokens : tokens / 16 * 16;
            int most = (prompt.length - 1) / engine.size * engine.size;
            assertThat(answer.tokens(e))
                    .as("engine %d of blocks of %d", e, engine.size)
                    .isEqualTo(Math.min(whole, most));
            assertThat(answer.confidence(e)).isEqualTo(1);
        }
    }

    /** Its blocks may be of another size by its page, or none may be told there. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aRankThatHasToldOfNothingHidesNothingOfAnother(int telling) {
        long tenancy = Tenancy.of(1, 1);
        var ranks = List.of(view.cache(tenancy, 0, MODEL, false), view.cache(tenancy, 1, MODEL, false));
        view.coverage(tenancy, 1);
        int[] prompt = prompt(1, 160);
        new ToldEngine(ranks.get(telling), 32, 1).store(prompt, 0, 5);
        assertThat(match(prompt).tokens(1)).isEqualTo(128);
        assertThat(answer.confidence(1)).isEqualTo(0.5f);
        view.routed(PrefixNamespace.of(MODEL, null, null), keys(prompt), tenancy, 0)
                .finished(0);
        assertThat(view.count("told")).isEqualTo(1);
    }

    @Test
    void anEngineThatHashesOtherwiseOnceItHasRestartedContradictsNobody() {
        var engines = List.of(engine(0, 16, 1), engine(1, 16, 1));
        int[] prompt = prompt(1, 160);
        for (ToldEngine engine : engines) {
            engine.cache.hashesAs(1);
            engine.store(prompt, 0, 8);
        }
        var cache = engines.getFirst().cache;
        cache.restarted();
        assertThat(cache.hashingKnown()).isFalse();
        assertThat(new ToldEngine(cache, 16, 2).store(prompt, 0, 4)).isEqualTo(StoredOutcome.STORED);
        assertThat(match(prompt).tokens(0)).isEqualTo(64);
        assertThat(answer.tokens(1)).isEqualTo(128);
    }

    @Test
    void whatNobodyHoldsTakesNoRoom() {
        var engines = List.of(engine(0, 16, 1), engine(1, 16, 1), engine(2, 16, 2), engine(3, 4, 2));
        for (int p = 0; p < 20; p++) {
            for (ToldEngine engine : engines) {
                engine.store(prompt(p % 7, 160), 0, 160 / engine.size);
            }
        }
        assertThat(view.stats().getFirst().index().blocks()).isPositive();
        var random = new SplittableRandom(1);
        for (ToldEngine engine : engines) {
            while (engine.held() > 0) {
                engine.removeSome(random, 5);
            }
        }
        var stats = view.stats().getFirst().index();
        assertThat(stats.blocks()).isZero();
        assertThat(stats.replicas()).isZero();
        assertThat(stats.runs()).isZero();
        assertThat(view.failures()).isZero();
    }

    @Test
    void adapterAndSaltArePartOfWhatIsLookedFor() {
        long tenancy = Tenancy.of(3, 9);
        var cache = view.cache(tenancy, 0, MODEL, false);
        view.coverage(tenancy, 1);
        int[] prompt = prompt(1, 33);
        cache.stored(blocks(CacheTier.GPU, Arrays.copyOf(prompt, 32), null, null, 11, 12));
        cache.stored(blocks(CacheTier.GPU, Arrays.copyOf(prompt, 32), "sql", null, 21, 22));
        cache.stored(blocks(CacheTier.GPU, Arrays.copyOf(prompt, 16), null, "tenant-a", 31));
        assertThat(match(MODEL, null, prompt).tokens(3)).isEqualTo(32);
        assertThat(match("sql", null, prompt).tokens(3)).isEqualTo(32);
        assertThat(match(MODEL, "tenant-a", prompt).tokens(3)).isEqualTo(16);
        assertThat(match(MODEL, "tenant-b", prompt).tokens(3)).isZero();
        cache.removed(CacheTier.GPU, new long[] {12, 22}, 2);
        assertThat(match(MODEL, null, prompt).tokens(3)).isEqualTo(16);
        assertThat(match("sql", null, prompt).tokens(3)).isEqualTo(16);
    }

    @Test
    void adaptersThatShareHashesWithTheBaseModelAreToldApart() {
        long tenancy = Tenancy.of(0, 1);
        var cache = view.cache(tenancy, 0, MODEL, true);
        view.coverage(tenancy, 1);
        int[] prompt = prompt(1, 33);
        cache.stored(blocks(CacheTier.GPU, Arrays.copyOf(prompt, 32), null, null, 11, 12));
        assertThat(match("sql", null, prompt).tokens(0)).isZero();
        cache.stored(blocks(CacheTier.GPU, Arrays.copyOf(prompt, 32), "sql", null, 11, 12));
        assertThat(match("sql", null, prompt).tokens(0)).isEqualTo(32);
        // the removal of one looks like that of the other
        cache.removed(CacheTier.GPU, new long[] {12}, 1);
        assertThat(match("sql", null, prompt).tokens(0)).isEqualTo(16);
        assertThat(match(prompt).tokens(0)).isEqualTo(16);
    }

    @Test
    void aPictureIsNotTheTokensThatStandForIt() {
        long tenancy = Tenancy.of(0, 1);
        var cache = view.cache(tenancy, 0, MODEL, false);
        view.coverage(tenancy, 1);
        int[] prompt = prompt(1, 49);
        cache.stored(new StoredBlocks(
                CacheTier.GPU,
                false,
                0,
                new long[] {1, 2, 3},
                3,
                Arrays.copyOf(prompt, 48),
                48,
                16,
                null,
                null,
                new long[] {0, 77, 0}));
        assertThat(match(prompt).tokens(0)).isEqualTo(16);
    }

    @Test
    void aBlockCountsWhileItIsInAnyTier() {
        long tenancy = Tenancy.of(0, 1);
        var cache = view.cache(tenancy, 0, MODEL, false);
        view.coverage(tenancy, 1);
        int[] prompt = prompt(1, 49);
        cache.stored(blocks(CacheTier.GPU, Arrays.copyOf(prompt, 48), null, null, 1, 2, 3));
        // by hashes only
        assertThat(cache.stored(blocks(CacheTier.CPU, new int[0], null, null, 2, 3)))
                .isEqualTo(StoredOutcome.STORED);
        cache.removed(CacheTier.GPU, new long[] {3, 2}, 2);
        assertThat(match(prompt).tokens(0)).isEqualTo(48);
        assertThat(answer.tokens(0, CacheTier.GPU)).isEqualTo(16);
        assertThat(answer.tokens(0, CacheTier.CPU)).isEqualTo(32);
        cache.removed(CacheTier.CPU, new long[] {3}, 1);
        assertThat(match(prompt).tokens(0)).isEqualTo(32);
        assertThat(cache.stored(blocks(CacheTier.STORAGE, new int[0], null, null, 99)))
                .isEqualTo(StoredOutcome.ORPHAN);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void whatIsFurtherIsThatOfTheRankThatCounts(int nearer) {
        long tenancy = Tenancy.of(0, 1);
        var ranks = List.of(view.cache(tenancy, 0, MODEL, false), view.cache(tenancy, 1, MODEL, false));
        view.coverage(tenancy, 1);
        int[] prompt = prompt(1, 65);
        var further = ranks.get(1 - nearer);
        further.stored(blocks(CacheTier.GPU, Arrays.copyOf(prompt, 32), null, null, 1, 2));
        further.stored(blocks(CacheTier.CPU, new int[0], null, null, 1, 2));
        further.removed(CacheTier.GPU, new long[] {2, 1}, 2);
        assertThat(match(prompt).tokens(0, CacheTier.CPU)).isEqualTo(32);
        ranks.get(nearer).stored(blocks(CacheTier.GPU, Arrays.copyOf(prompt, 48), null, null, 1, 2, 3));
        assertThat(match(prompt).tokens(0, CacheTier.GPU)).isEqualTo(48);
        view.routed(PrefixNamespace.of(MODEL, null, null), keys(prompt), tenancy, 0);
        assertThat(match(prompt).tokens(0, CacheTier.GPU)).isEqualTo(64);
    }

    @Test
    void whatWasSentWillBeNearWhicheverRankHasToldOfTiers() {
        long tenancy = Tenancy.of(0, 1);
        var ranks = List.of(view.cache(tenancy, 0, MODEL, false), view.cache(tenancy, 1, MODEL, false));
        view.coverage(tenancy, 1);
        int[] prompt = prompt(1, 65);
        ranks.getLast().stored(blocks(CacheTier.GPU, Arrays.copyOf(prompt, 32), null, null, 1, 2));
        ranks.getLast().stored(blocks(CacheTier.CPU, new int[0], null, null, 1, 2));
        ranks.getLast().removed(CacheTier.GPU, new long[] {2, 1}, 2);
        view.routed(PrefixNamespace.of(MODEL, null, null), keys(prompt), tenancy, 0);
        assertThat(match(prompt).tokens(0, CacheTier.GPU)).isEqualTo(64);
    }

    @Test
    void ofRanksTheBestCountsAsSureAsARankIsToHoldIt() {
        long tenancy = Tenancy.of(0, 1);
        var first = view.cache(tenancy, 0, MODEL, false);
        var second = view.cache(tenancy, 1, MODEL, false);
        view.coverage(tenancy, 1);
        int[] prompt = prompt(1, 49);
        first.stored(blocks(CacheTier.GPU, Arrays.copyOf(prompt, 48), null, null, 1, 2, 3));
        second.stored(blocks(CacheTier.GPU, prompt(2, 16), null, null, 4));
        assertThat(match(prompt).tokens(0)).isEqualTo(48);
        assertThat(answer.confidence(0)).isEqualTo(0.5f);
    }

    @Test
    void anEndpointThatLeftIsForgottenAndItsSuccessorStartsAnew() {
        var engine = engine(5, 16, 1);
        engine.store(prompt(1, 48), 0, 3);
        view.removed(Tenancy.of(5, 5));
        engine.store(prompt(1, 48), 0, 3);
        var next = view.cache(Tenancy.of(5, 6), 0, MODEL, false);
        view.coverage(Tenancy.of(5, 6), 1);
        next.stored(blocks(CacheTier.GPU, prompt(2, 16), null, null, 1));
        assertThat(match(prompt(1, 49)).tokens(5)).isZero();
        assertThat(match(prompt(2, 17)).tokens(5)).isEqualTo(16);
    }

    @Test
    void aPromptOfTextHasNoAnswerHere() {
        engine(0, 16, 1).store(prompt(1, 48), 0, 3);
        keyer.reset(KeySchemes.of(KeyScheme.Text.FINEST).and(view.schemes()));
        keyer.begin(Part.PROMPT);
        keyer.text(new byte[640], 0, 640);
        keyer.end(Part.PROMPT);
        view.match(PrefixNamespace.of(MODEL, null, null), keyer.finish(), 64, answer);
        assertThat(answer.outcome()).isEqualTo(PrefixMatches.Outcome.NO_KEYS);
        assertThat(answer.confidence(0)).isZero();
    }

    @Test
    void whatFollowsTheUnknownIsAnOrphanAndChangesNothing() {
        var cache = view.cache(Tenancy.of(0, 1), 0, MODEL, false);
        var orphan =
                new StoredBlocks(CacheTier.GPU, true, 5, new long[] {6}, 1, prompt(1, 16), 16, 16, null, null, null);
        assertThat(cache.stored(orphan)).isEqualTo(StoredOutcome.ORPHAN);
        assertThat(view.stats().getFirst().index().blocks()).isZero();
    }

    @Test
    void blocksThatNeitherMakeOursNorAreMadeOfThemAreNotFollowed() {
        var engine = engine(0, 24, 1);
        assertThat(engine.store(prompt(1, 48), 0, 2)).isEqualTo(StoredOutcome.ODD);
        assertThat(view.stats().getFirst().index().blocks()).isZero();
    }

    @Test
    void anEngineThatHasToldOfNoBlockHoldsNone() {
        engine(0, 16, 1);
        assertThat(match(prompt(1, 49)).outcome()).isEqualTo(PrefixMatches.Outcome.ANSWERED);
        assertThat(answer.tokens(0)).isZero();
        assertThat(answer.confidence(0)).isEqualTo(1);
        assertThat(answer.confidence(1)).isZero();
    }

    @Test
    void predictionsThatDoNotComeTrueCostConfidence() {
        var engine = engine(0, 16, 1);
        int[] prompt = prompt(1, 49);
        engine.store(prompt, 0, 3);
        long tenancy = Tenancy.of(0, 0);
        assertThat(match(prompt).confidence(0)).isEqualTo(1);
        for (int i = 0; i < 20; i++) {
            var use = view.routed(PrefixNamespace.of(MODEL, null, null), keys(prompt), tenancy, 0);
            use.observed(PrefixSource.PRECISE, 48, 0);
            use.finished(1);
            engine.store(prompt, 0, 1);
        }
        assertThat(match(prompt).confidence(0)).isLessThan(0.2f);
    }

    /** An engine tells of the blocks of all requests of a step, and then answers them. */
    @Test
    void anEngineThatTellsOfManyRequestsBeforeTheyEndTogetherIsNotSilent() {
        var engine = engine(0, 16, 1);
        engine.store(prompt(0, 161), 0, 3);
        long tenancy = Tenancy.of(0, 0);
        var uses = new ArrayList<PrefixUse>();
        for (int i = 0; i < 2 * FollowedEndpoint.SILENT_AFTER; i++) {
            uses.add(view.routed(PrefixNamespace.of(MODEL, null, null), keys(prompt(i, 161)), tenancy, 0));
        }
        for (int i = 0; i < uses.size(); i++) {
            engine.store(prompt(i, 161), 0, 10);
        }
        uses.forEach(use -> {
            use.observed(PrefixSource.PRECISE, 0, 0);
            use.finished(1);
        });
        assertThat(view.silent(tenancy)).isFalse();
    }

    @Test
    void aPredictionThatDoesNotComeTrueSaysWhatTheEngineToldMeanwhile() {
        var engine = engine(0, 16, 1);
        int[] prompt = prompt(1, 49);
        engine.store(prompt, 0, 3);
        long tenancy = Tenancy.of(0, 0);
        var first = view.routed(PrefixNamespace.of(MODEL, null, null), keys(prompt), tenancy, 0);
        assertThat(first.observed(PrefixSource.PRECISE, 32, 48)).isEqualTo(Prediction.MORE_CACHED);
        var beside = view.routed(PrefixNamespace.of(MODEL, null, null), keys(prompt), tenancy, 0);
        assertThat(beside.observed(PrefixSource.PRECISE, 32, 48)).isEqualTo(Prediction.STORED_MEANWHILE);
        engine.removeTail(prompt, 1, false);
        assertThat(beside.observed(PrefixSource.PRECISE, 48, 32)).isEqualTo(Prediction.EVICTED_MEANWHILE);
        first.finished(1);
        beside.withdrawn();
        var alone = view.routed(PrefixNamespace.of(MODEL, null, null), keys(prompt), tenancy, 0);
        assertThat(alone.observed(PrefixSource.PRECISE, 32, 48)).isEqualTo(Prediction.DUPLICATE_EVICTED);
        assertThat(alone.observed(PrefixSource.PRECISE, 32, 0)).isEqualTo(Prediction.FEWER_CACHED);
        engine.clear();
        assertThat(alone.observed(PrefixSource.PRECISE, 32, 0)).isEqualTo(Prediction.CLEARED_MEANWHILE);
        assertThat(alone.observed(PrefixSource.APPROXIMATE, 32, 0)).isNull();
        assertThat(view.count(Prediction.CLEARED_MEANWHILE)).isEqualTo(1);
    }

    @Test
    void whatAFormerProcessEvictedSaysNothingOfTheNext() {
        var engine = engine(0, 16, 1);
        int[] prompt = prompt(1, 49);
        engine.store(prompt, 0, 3);
        engine.removeTail(prompt, 1, true);
        long tenancy = Tenancy.of(0, 0);
        var before = view.routed(PrefixNamespace.of(MODEL, null, null), keys(prompt), tenancy, 0);
        assertThat(before.observed(PrefixSource.PRECISE, 32, 48)).isEqualTo(Prediction.DUPLICATE_EVICTED);
        engine.cache.restarted();
        assertThat(before.observed(PrefixSource.PRECISE, 32, 16)).isEqualTo(Prediction.CLEARED_MEANWHILE);
        before.finished(1);
        engine.store(prompt, 0, 3);
        var after = view.routed(PrefixNamespace.of(MODEL, null, null), keys(prompt), tenancy, 0);
        assertThat(after.observed(PrefixSource.PRECISE, 32, 48)).isEqualTo(Prediction.MORE_CACHED);
        engine.removeTail(prompt, 1, true);
        assertThat(after.observed(PrefixSource.PRECISE, 32, 48)).isEqualTo(Prediction.DUPLICATE_EVICTED);
        view.restartedSince(tenancy, System.nanoTime() + 1_000_000_000L);
        assertThat(after.observed(PrefixSource.PRECISE, 32, 48)).isEqualTo(Prediction.MORE_CACHED);
    }

    @Test
    void anEngineThatComputesBlocksAndTellsOfNoneIsNotBelieved() {
        var engine = engine(0, 16, 1);
        int[] prompt = prompt(1, 161);
        engine.store(prompt, 0, 3);
        long tenancy = Tenancy.of(0, 0);
        for (int i = 0; i < FollowedEndpoint.SILENT_AFTER; i++) {
            assertThat(view.silent(tenancy)).isFalse();
            var use = view.routed(PrefixNamespace.of(MODEL, null, null), keys(prompt), tenancy, 0);
            use.observed(PrefixSource.PRECISE, 48, 48);
            use.finished(1);
        }
        assertThat(view.silent(tenancy)).isTrue();
        assertThat(match(prompt).confidence(0)).isZero();
        engine.store(prompt, 3, 4);
        assertThat(view.silent(tenancy)).isFalse();
        assertThat(match(prompt).confidence(0)).isEqualTo(1);
    }

    @Test
    void whatAnEngineNeverTakesBackIsBounded() {
        var small = new PreciseView(4, 7, System::nanoTime, 1_000);

        var engine = new ToldEngine(small.cache(Tenancy.of(0, 0), 0, MODEL, false), 16, 1);
        int full = 0;
        for (int p = 0; p < 200; p++) {
            full += engine.store(prompt(p, 160), 0, 10) == StoredOutcome.FULL ? 1 : 0;
        }
        assertThat(full).isEqualTo(100);
        assertThat(small.stats().getFirst().index().blocks()).isEqualTo(1_000);
        assertThat(engine.store(prompt(1, 160), 0, 10)).isEqualTo(StoredOutcome.STORED);
        engine.removeTail(prompt(1, 160), 10, true);
        assertThat(engine.store(prompt(300, 160), 0, 10)).isEqualTo(StoredOutcome.STORED);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 8})
    void smallBlocksThatDependOnAPictureAreNoOtherPromptsThoughTheirTokensAreTheSame(int size) {
        long tenancy = Tenancy.of(0, 0);
        var cache = view.cache(tenancy, 0, MODEL, false);
        view.coverage(tenancy, 1);
        int[] prompt = prompt(1, 49);
        int blocks = 48 / size;
        for (int picture : new int[] {16, 17, 31, 32, 47}) {
            cache.cleared();
            long[] extras = new long[blocks];
            extras[picture / size] = 77;
            long[] hashes = new SplittableRandom(picture).longs(blocks).toArray();
            var stored =
                    new StoredBlocks(CacheTier.GPU, false, 0, hashes, blocks, prompt, 48, size, null, null, extras);
            assertThat(cache.stored(stored)).isEqualTo(StoredOutcome.STORED);
            assertThat(match(prompt).tokens()[0]).as("picture at %d", picture).isEqualTo(picture / 16 * 16);
            assertThat(cache.removed(CacheTier.GPU, hashes, blocks)).isZero();
            assertThat(match(prompt).tokens()[0]).isZero();
        }
    }

    @Test
    void smallBlocksThatAnEngineNeverTakesBackAreBoundedToo() {
        var small = new PreciseView(4, 7, System::nanoTime, 1_000);

        var engine = new ToldEngine(small.cache(Tenancy.of(0, 0), 0, MODEL, false), 1, 1);
        int full = 0;
        for (int p = 0; p < 20; p++) {
            full += engine.store(prompt(p, 50), 0, 50) == StoredOutcome.FULL ? 1 : 0;
        }
        assertThat(full).isEqualTo(10);
        engine.removeTail(prompt(1, 50), 50, true);
        assertThat(engine.store(prompt(300, 50), 0, 50)).isEqualTo(StoredOutcome.STORED);
        engine.clear();
        for (int p = 0; p < 10; p++) {
            assertThat(engine.store(prompt(p, 50), 0, 50)).isEqualTo(StoredOutcome.STORED);
        }
    }

    @Test
    void blocksThatOnlyMoveToMemoryOfTheHostMakeNoRoomInThatOfTheAccelerator() {
        var cache = view.cache(Tenancy.of(0, 0), 0, MODEL, false);
        cache.stored(blocks(CacheTier.GPU, prompt(1, 64), null, null, 1, 2, 3, 4));
        assertThat(cache.added()).isEqualTo(4);
        cache.stored(blocks(CacheTier.CPU, prompt(1, 64), null, null, 1, 2, 3, 4));
        assertThat(cache.added()).isEqualTo(4);
        cache.stored(blocks(CacheTier.GPU, prompt(2, 64), null, null, 5, 6, 7, 8));
        assertThat(cache.added()).isEqualTo(8);
    }

    @Test
    void endpointsThatTellNothingCostRequestsNothing() {
        long tenancy = Tenancy.of(0, 0);
        view.coverage(tenancy, 0);
        assertThat(view.knowsAny()).isFalse();
        assertThat(view.routed(PrefixNamespace.of(MODEL, null, null), keys(prompt(1, 161)), tenancy, 0))
                .isSameAs(PrefixUse.NONE);
        var cache = view.cache(tenancy, 0, MODEL, false);
        assertThat(view.knowsAny()).isTrue();
        cache.close();
        assertThat(view.knowsAny()).isFalse();
    }
}
