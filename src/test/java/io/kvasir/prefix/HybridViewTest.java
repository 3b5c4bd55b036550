package io.kvasir.prefix;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.pool.Tenancy;
import io.kvasir.prefix.LayerGroup.Reach;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Of a hybrid model that can be reused what all of its groups of layers hold as much of as they need. */
class HybridViewTest {
    private static final String MODEL = "m";
    private static final long TENANCY = Tenancy.of(2, 1);
    private static final LayerGroup WINDOW = new LayerGroup(0, Reach.WINDOW, 64);

    private final PreciseView view = new PreciseView(8, 7);
    private final EngineCache cache = view.cache(TENANCY, 0, MODEL, false);
    private final PrefixMatches answer = new PrefixMatches();

    HybridViewTest() {
        view.coverage(TENANCY, 1);
    }

    private PromptKeys keys(int... prompt) {
        return KeysOfTokens.of(view.schemes(), prompt);
    }

    private int tokens(@Nullable String salt, int... prompt) {
        view.match(PrefixNamespace.of(MODEL, null, salt), keys(prompt), 8, answer);
        return answer.tokens(2);
    }

    private int tokens(int... prompt) {
        return tokens(null, prompt);
    }

    private static int[] prompt(int seed, int length) {
        return new SplittableRandom(seed).ints(length, 0, 150_000).toArray();
    }

    /** By which an engine knows what ends there, for all of its layers. */
    private static long hash(int[] prompt, int end) {
        return 31L * Arrays.hashCode(Arrays.copyOf(prompt, end)) * 0x9E3779B97F4A7C15L + end;
    }

    private static StoredBlocks blocks(int[] prompt, int size, int from, int to, long... hashes) {
        return new StoredBlocks(
                CacheTier.GPU,
                from > 0,
                from > 0 ? hash(prompt, from * size) : 0,
                hashes,
                hashes.length,
                Arrays.copyOfRange(prompt, from * size, to * size),
                (to - from) * size,
                size,
                null,
                null,
                null);
    }

    private static StoredBlocks blocks(int[] prompt, int size, int from, int to) {
        return blocks(
                prompt,
                size,
                from,
                to,
                LongStream.range(from, to)
                        .map(i -> hash(prompt, (int) (i + 1) * size))
                        .toArray());
    }

    /** An engine's blocks of one group as a plain set, by hash. */
    private static final class Held {
        final @Nullable LayerGroup group;
        final int size;
        final Set<Long> hashes = new HashSet<>();

        Held(@Nullable LayerGroup group, int size) {
            this.group = group;
            this.size = size;
        }

        boolean serves(int[] prompt, int cut) {
            int needed = group == null ? Integer.MAX_VALUE : group.needed(size);
            for (int end = cut; end > 0 && (cut - end) / size < needed; end -= size) {
                if (!hashes.contains(hash(prompt, end))) {
                    return false;
                }
            }
            return true;
        }
    }

    /** Whatever is stored and evicted in whatever order: the longest cut that all groups can serve is what is answered. */
    @ParameterizedTest
    @CsvSource({"1, 16", "2, 16", "3, 64", "4, 32", "5, 128", "6, 0", "7, 0"})
    void whatAllGroupsCanServeIsWhatIsAnswered(int seed, int mainSize) {
        var random = new SplittableRandom(seed);
        var groups = new ArrayList<Held>();
        if (mainSize > 0) {
            groups.add(new Held(null, mainSize));
        }
        int least = mainSize == 0 ? 16 : mainSize;
        groups.add(new Held(new LayerGroup(3, Reach.WINDOW, 100), least));
        if (seed % 2 == 0) {
            groups.add(new Held(new LayerGroup(4, Reach.WINDOW, 33), 16));
            groups.add(new Held(new LayerGroup(5, Reach.STATE, 0), 2 * least));
            groups.add(new Held(new LayerGroup(6, Reach.ALL, 0), 16));
        }
        var prompts = new ArrayList<int[]>();
        for (int p = 0; p < 6; p++) {
            int[] prompt = prompt(100 + p, 300 + random.nextInt(300));
            if (p > 0) {
                System.arraycopy(prompts.get(random.nextInt(p)), 0, prompt, 0, random.nextInt(300));
            }
            prompts.add(prompt);
        }
        store(groups.getFirst(), prompts.getFirst(), random);
        int found = 0;
        for (int step = 0; step < 1_500; step++) {
            var held = groups.get(random.nextInt(groups.size()));
            if (random.nextInt(3) > 0) {
                store(held, prompts.get(random.nextInt(prompts.size())), random);
            } else {
                remove(held, random);
            }
            if (step == 1_000) {
                cache.cleared();
                groups.forEach(each -> each.hashes.clear());
            }
            if (step % 5 == 0 && groups.stream().noneMatch(each -> each.hashes.isEmpty())) {
                for (int[] prompt : prompts) {
                    found += agree(groups, prompt);
                }
            }
        }
        assertThat(found).isPositive();
        assertThat(view.failures()).isZero();
        cache.cleared();
        assertThat(tokens(prompts.getFirst())).isZero();
    }

    private void store(Held held, int[] prompt, SplittableRandom random) {
        int blocks = prompt.length / held.size;
        int from = random.nextInt(4) == 0 ? random.nextInt(blocks) : 0;
        while (from > 0 && !held.hashes.contains(hash(prompt, from * held.size))) {
            from--;
        }
        int to = from + 1 + random.nextInt(blocks - from);
        var stored = blocks(prompt, held.size, from, to);
        var outcome = held.group == null ? cache.stored(stored) : cache.stored(held.group, stored);
        assertThat(outcome).isEqualTo(StoredOutcome.STORED);
        for (long hash : stored.hashes()) {
            held.hashes.add(hash);
        }
    }

    private void remove(Held held, SplittableRandom random) {
        var all = new ArrayList<>(held.hashes);
        for (int i = 0; i < 4 && !all.isEmpty(); i++) {
            long hash = all.remove(random.nextInt(all.size()));
            held.hashes.remove(hash);
            long[] gone = {hash};
            assertThat(
                            held.group == null
                                    ? cache.removed(CacheTier.GPU, gone, 1)
                                    : cache.removed(held.group.id(), CacheTier.GPU, gone, 1))
                    .isZero();
        }
    }

    private int agree(List<Held> groups, int[] prompt) {
        int unit = groups.stream().mapToInt(each -> each.size).reduce(1, Math::max);
        int expected = (prompt.length - 1) / unit * unit;
        while (expected > 0) {
            int cut = expected;
            if (groups.stream().allMatch(each -> each.serves(prompt, cut))) {
                break;
            }
            expected -= unit;
        }
        assertThat(tokens(prompt)).isEqualTo(expected);
        return expected;
    }

    @Test
    void aWindowNeedsTheBlocksBeforeTheNextTokenOnly() {
        int[] prompt = prompt(1, 161);
        cache.stored(blocks(prompt, 16, 0, 10));
        cache.stored(WINDOW, blocks(prompt, 16, 0, 10));
        assertThat(tokens(prompt)).isEqualTo(160);
        // 63 tokens before the next: four blocks
        for (int end = 16; end <= 96; end += 16) {
            cache.removed(0, CacheTier.GPU, new long[] {hash(prompt, end)}, 1);
        }
        assertThat(tokens(prompt)).isEqualTo(160);
        assertThat(tokens(Arrays.copyOf(prompt, 150))).isZero();
        cache.removed(0, CacheTier.GPU, new long[] {hash(prompt, 112)}, 1);
        assertThat(tokens(prompt)).isZero();
    }

    @Test
    void blocksThatAreToldWithoutTheirTokensAreFoundByTheOthers() {
        int[] prompt = prompt(1, 161);
        var masked = blocks(prompt, 16, 0, 10, hash(prompt, 128), hash(prompt, 144), hash(prompt, 160));
        var three = new LayerGroup(0, Reach.WINDOW, 48);
        cache.stored(blocks(prompt(9, 16), 16, 0, 1));
        cache.stored(three, blocks(prompt(9, 16), 16, 0, 1));
        assertThat(cache.stored(three, masked)).isEqualTo(StoredOutcome.ORPHAN);
        cache.stored(blocks(prompt, 16, 0, 10));
        assertThat(tokens(prompt)).isZero();
        assertThat(cache.stored(three, masked)).isEqualTo(StoredOutcome.STORED);
        assertThat(tokens(prompt)).isEqualTo(160);
        assertThat(tokens(Arrays.copyOf(prompt, 160))).isZero();
    }

    @Test
    void aSaltIsKnownFromTheBlockBefore() {
        int[] prompt = prompt(1, 97);
        var salted = new StoredBlocks(
                CacheTier.GPU,
                false,
                0,
                new long[] {1, 2, 3},
                3,
                Arrays.copyOf(prompt, 48),
                48,
                16,
                null,
                "tenant",
                null);
        var next = new StoredBlocks(
                CacheTier.GPU,
                true,
                3,
                new long[] {4, 5, 6},
                3,
                Arrays.copyOfRange(prompt, 48, 96),
                48,
                16,
                null,
                null,
                null);
        cache.stored(salted);
        cache.stored(WINDOW, salted);
        // the window has passed what comes before
        cache.removed(0, CacheTier.GPU, new long[] {1, 2, 3}, 3);
        cache.stored(next);
        cache.stored(WINDOW, next);
        cache.stored(WINDOW, salted);
        assertThat(tokens("tenant", prompt)).isEqualTo(96);
        assertThat(tokens(prompt)).isZero();
    }

    @Test
    void furtherTiersCountAsFarAsAllGroupsHaveThem() {
        int[] prompt = prompt(1, 97);
        cache.stored(blocks(prompt, 16, 0, 6));
        cache.stored(WINDOW, blocks(prompt, 16, 0, 6));
        long[] all = LongStream.rangeClosed(1, 6)
                .map(i -> hash(prompt, 16 * (int) i))
                .toArray();
        var moved = new StoredBlocks(CacheTier.CPU, false, 0, all, 6, new int[0], 0, 0, null, null, null);
        cache.stored(moved);
        cache.removed(CacheTier.GPU, all, 6);
        cache.removed(0, CacheTier.GPU, all, 6);
        assertThat(tokens(prompt)).isZero();
        cache.stored(WINDOW, moved);
        assertThat(tokens(prompt)).isEqualTo(96);
        assertThat(answer.tokens(2, CacheTier.GPU)).isZero();
    }

    @Test
    void groupsThatHoldNothingYetAfterAClearStillCount() {
        int[] prompt = prompt(1, 97);
        cache.stored(blocks(prompt, 16, 0, 6));
        cache.stored(WINDOW, blocks(prompt, 16, 0, 6));
        cache.cleared();
        cache.stored(blocks(prompt, 16, 0, 6));
        assertThat(tokens(prompt)).isZero();
        cache.restarted();
        cache.stored(blocks(prompt, 16, 0, 6));
        assertThat(tokens(prompt)).isEqualTo(96);
    }

    @Test
    void sizesThatDoNotFitAreNotFollowed() {
        int[] prompt = prompt(1, 97);
        assertThat(cache.stored(WINDOW, blocks(prompt, 8, 0, 6))).isEqualTo(StoredOutcome.ODD);
        cache.stored(blocks(prompt, 8, 0, 6));
        assertThat(cache.stored(WINDOW, blocks(prompt, 16, 0, 6))).isEqualTo(StoredOutcome.ODD);
        cache.cleared();
        cache.stored(blocks(prompt, 16, 0, 6));
        for (int group = 0; group < GroupBlocks.MOST_GROUPS; group++) {
            assertThat(cache.stored(new LayerGroup(group, Reach.STATE, 0), blocks(prompt, 16, 0, 6)))
                    .isEqualTo(StoredOutcome.STORED);
        }
        assertThat(cache.stored(new LayerGroup(99, Reach.STATE, 0), blocks(prompt, 16, 0, 6)))
                .isEqualTo(StoredOutcome.ODD);
    }

    @Test
    void groupsWhoseBlocksEndTogetherBehindEveryPromptServeNothing() {
        int[] prompt = prompt(1, 1_000);
        cache.stored(blocks(prompt, 16, 0, 60));
        int group = 0;
        for (int size : new int[] {61, 59, 53, 47, 43, 41}) {
            group++;
            assertThat(cache.stored(new LayerGroup(group, Reach.STATE, 0), blocks(prompt, 16 * size, 0, 1)))
                    .isEqualTo(StoredOutcome.STORED);
        }
        assertThat(tokens(prompt)).isZero();
        cache.cleared();
        cache.stored(blocks(prompt, 32, 0, 30));
        assertThat(tokens(prompt)).isZero();
        assertThat(view.failures()).isZero();
    }

    @Test
    void whatGroupsHoldIsBoundedAndGivenBack() {
        var small = new PreciseView(4, 7, System::nanoTime, 200);
        var engine = small.cache(Tenancy.of(0, 1), 0, MODEL, false);
        Map<StoredOutcome, Integer> outcomes = new HashMap<>();
        for (int p = 0; p < 20; p++) {
            outcomes.merge(engine.stored(WINDOW, blocks(prompt(p, 160), 16, 0, 10)), 1, Integer::sum);
        }
        assertThat(outcomes).isEqualTo(Map.of(StoredOutcome.STORED, 10, StoredOutcome.FULL, 10));
        engine.cleared();
        assertThat(engine.stored(WINDOW, blocks(prompt(99, 1_600), 16, 0, 100))).isEqualTo(StoredOutcome.STORED);
        engine.close();
        var next = small.cache(Tenancy.of(0, 2), 0, MODEL, false);
        assertThat(next.stored(WINDOW, blocks(prompt(98, 1_600), 16, 0, 100))).isEqualTo(StoredOutcome.STORED);
    }

    @Test
    void aLongPromptOfWhichNothingIsHeldIsLookedForInStridesOfAWindow() {
        int[] prompt = prompt(1, 100_000);
        cache.stored(blocks(prompt, 16, 0, 6_250 - 1));
        cache.stored(WINDOW, blocks(prompt, 16, 0, 5));
        assertThat(tokens(prompt)).isEqualTo(80);
    }
}
