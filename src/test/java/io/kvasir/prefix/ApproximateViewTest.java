package io.kvasir.prefix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.kvasir.pool.Tenancy;
import io.kvasir.prefix.ApproximateView.Settings;
import io.kvasir.prefix.PrefixMatches.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ApproximateViewTest {
    private static final long NAMESPACE = PrefixNamespace.of("model", null, null);
    private static final int ENDPOINTS = 4;

    private final SplittableRandom random = new SplittableRandom(17);
    private final PrefixMatches answer = new PrefixMatches();
    private long now = 5_000;
    private final ApproximateView view = new ApproximateView(
            new Settings(ENDPOINTS, 4, 100_000, Duration.ofMinutes(10), 0.8f), () -> now += 1_000_000, 1);

    @Test
    void aRoutedPromptIsBelievedToBeWhereItWent() {
        PromptKeys keys = prompt(8_000);
        view.routed(NAMESPACE, keys, 2, 0);
        match(keys);
        assertThat(answer.outcome()).isEqualTo(Outcome.ANSWERED);
        assertThat(answer.tokens()).startsWith(0, 0, 2_000, 0);
        assertThat(answer.confidence(2)).isEqualTo(0.8f);
        assertThat(answer.promptTokens()).isEqualTo(2_000);
        view.match(NAMESPACE + 1, keys, ENDPOINTS, answer);
        assertThat(answer.tokens()).containsOnly(0);
    }

    @Test
    void onlyAsManyEndpointsAreAnsweredForAsAsked() {
        PromptKeys keys = prompt(640);
        view.routed(NAMESPACE, keys, 0, 0);
        view.routed(NAMESPACE, keys, 3, 0);
        view.match(NAMESPACE, keys, 1, answer);
        assertThat(answer.endpoints()).isEqualTo(1);
        assertThat(answer.tokens(0)).isEqualTo(160);
    }

    @Test
    void aPromptShorterThanABlockHasNoKeys() {
        match(prompt(60));
        assertThat(answer.outcome()).isEqualTo(Outcome.NO_KEYS);
        assertThat(answer.promptTokens()).isEqualTo(15);
    }

    @Test
    void outputTakesRoomUntilItIsTheColdest() {
        view.capacity(0, 1_600);
        PromptKeys first = prompt(3_200);
        view.routed(NAMESPACE, first, 0, 400).finished(400);
        assertThat(view.heldTokens(0)).isEqualTo(1_200);
        PromptKeys second = prompt(3_200);
        view.routed(NAMESPACE, second, 0, 0);
        match(first);
        assertThat(answer.tokens(0)).isEqualTo(800);
        match(second);
        assertThat(answer.tokens(0)).isEqualTo(800);
        assertThat(view.heldTokens(0)).isEqualTo(1_600);
    }

    @Test
    void theLeastRecentlyUsedPathGivesUpItsEndFirst() {
        view.capacity(0, 3_200);
        PromptKeys old = prompt(6_400);
        PromptKeys kept = prompt(6_400);
        view.routed(NAMESPACE, old, 0, 0);
        view.routed(NAMESPACE, kept, 0, 0);
        view.routed(NAMESPACE, prompt(1_280), 0, 0);
        match(old);
        assertThat(answer.tokens(0)).isEqualTo(1_600 - 320);
        match(kept);
        assertThat(answer.tokens(0)).isEqualTo(1_600);
    }

    @Test
    void theEndOfARequestCountsAsUse() {
        view.capacity(0, 3_200);
        PromptKeys longRunning = prompt(6_400);
        PromptKeys other = prompt(6_400);
        var running = view.routed(NAMESPACE, longRunning, 0, 0);
        view.routed(NAMESPACE, other, 0, 0);
        running.finished(0);
        view.routed(NAMESPACE, prompt(6_400), 0, 0);
        match(longRunning);
        assertThat(answer.tokens(0)).isEqualTo(1_600);
        match(other);
        assertThat(answer.tokens(0)).isZero();
    }

    @Test
    void whatRunningRequestsMayProduceTakesRoomFromTheCache() {
        view.capacity(0, 3_200);
        PromptKeys cached = prompt(6_400);
        view.routed(NAMESPACE, cached, 0, 0);
        var running = view.routed(NAMESPACE, prompt(640), 0, 2_400);
        assertThat(view.heldTokens(0)).isEqualTo(800);
        match(cached);
        assertThat(answer.tokens(0)).isEqualTo(640);
        running.finished(0);
        view.routed(NAMESPACE, cached, 0, 0);
        match(cached);
        assertThat(answer.tokens(0)).isEqualTo(1_600);
    }

    @Test
    void whatWasNotUsedForTheTimeToLiveIsForgotten() {
        PromptKeys old = prompt(640);
        PromptKeys used = prompt(640);
        view.routed(NAMESPACE, old, 0, 0);
        view.routed(NAMESPACE, used, 0, 0);
        now += TimeUnit.MINUTES.toNanos(9);
        view.routed(NAMESPACE, used, 0, 0);
        now += TimeUnit.MINUTES.toNanos(2);
        view.sweep();
        match(old);
        assertThat(answer.tokens(0)).isZero();
        match(used);
        assertThat(answer.tokens(0)).isEqualTo(160);
        now += TimeUnit.MINUTES.toNanos(11);
        view.sweep();
        assertThat(view.stats().getFirst().index().replicas()).isZero();
        assertThat(view.stats().getFirst().index().runs()).isZero();
    }

    @Test
    void aSmallerCapacityIsAppliedBySweeping() {
        PromptKeys keys = prompt(6_400);
        view.routed(NAMESPACE, keys, 0, 0);
        view.capacity(0, 500);
        view.sweep();
        match(keys);
        assertThat(answer.tokens(0)).isEqualTo(496);
    }

    @Test
    void aRefusedRequestLeavesOnlyWhatWasBelievedBefore() {
        byte[] shared = bytes(1_280);
        PromptKeys before = keys(shared);
        view.routed(NAMESPACE, before, 0, 0);
        byte[] longer = bytes(6_400);
        System.arraycopy(shared, 0, longer, 0, 1_280);
        PromptKeys refused = keys(longer);
        view.routed(NAMESPACE, refused, 0, 1_000).withdrawn();
        match(refused);
        assertThat(answer.tokens(0)).isEqualTo(320);
    }

    @Test
    void aCancelledRequestLeavesWhatAnotherWasRoutedOnSince() {
        byte[] shared = bytes(3_200);
        PromptKeys cancelled = keys(concat(shared, bytes(1_280)));
        PromptKeys other = keys(concat(shared, bytes(640)));
        // both came before anything was held: neither had a promise to keep
        var use = view.routed(NAMESPACE, cancelled, 0, 100);
        view.routed(NAMESPACE, other, 0, 100);
        use.withdrawn();
        match(other);
        assertThat(answer.tokens(0)).isEqualTo(960);
        match(cancelled);
        assertThat(answer.tokens(0)).isEqualTo(800);
    }

    @Test
    void aCancelledRequestLeavesWhatOneThatRanHasHeldToo() {
        PromptKeys prompt = prompt(6_400);
        var first = view.routed(NAMESPACE, prompt, 0, 0);
        var ran = view.routed(NAMESPACE, prompt, 0, 0);
        var last = view.routed(NAMESPACE, prompt, 0, 0);
        ran.finished(0);
        last.withdrawn();
        first.withdrawn();
        match(prompt);
        assertThat(answer.tokens(0)).isEqualTo(1_600);
    }

    @Test
    void whateverIsCancelledOnlyItsOwnIsForgotten() {
        byte[] root = bytes(64 * 40);
        for (int round = 0; round < 200; round++) {
            view.restarted(0);
            var owners = new HashMap<Long, Routed>();
            var running = new ArrayList<Routed>();
            for (int step = 0; step < 40; step++) {
                if (running.isEmpty() || random.nextInt(3) > 0) {
                    byte[] text = concat(Arrays.copyOf(root, 64 * random.nextInt(40)), bytes(64 * random.nextInt(5)));
                    PromptKeys keys = keys(text);
                    var one = new Routed(keys, view.routed(NAMESPACE, keys, 0, 0));
                    for (long key : keysOf(keys)) {
                        owners.merge(key, one, (_, _) -> NOBODY);
                    }
                    running.add(one);
                } else {
                    Routed over = running.remove(random.nextInt(running.size()));
                    if (random.nextBoolean()) {
                        over.use.withdrawn();
                        owners.values().removeIf(over::equals);
                    } else {
                        over.use.finished(0);
                        for (long key : keysOf(over.keys)) {
                            owners.put(key, NOBODY);
                        }
                    }
                }
                assertThat(view.heldTokens(0)).isEqualTo(16L * owners.size());
                for (Routed one : running) {
                    match(one.keys);
                    assertThat(answer.tokens(0)).isEqualTo(16 * keysOf(one.keys).length);
                }
            }
        }
    }

    private static long[] keysOf(PromptKeys keys) {
        return KeyedPrompts.by(KeyScheme.Text.FINEST, keys);
    }

    private record Routed(PromptKeys keys, PrefixUse use) {}

    private static final Routed NOBODY = new Routed(PromptKeys.NONE, PrefixUse.NONE);

    private static byte[] concat(byte[] one, byte[] other) {
        byte[] both = Arrays.copyOf(one, one.length + other.length);
        System.arraycopy(other, 0, both, one.length, other.length);
        return both;
    }

    @Test
    void aResetEndpointHoldsNothing() {
        PromptKeys keys = prompt(6_400);
        view.routed(NAMESPACE, keys, 0, 0).observed(PrefixSource.APPROXIMATE, 100, 0);
        view.routed(NAMESPACE, keys, 1, 0);
        view.restarted(0);
        match(keys);
        assertThat(answer.tokens()).startsWith(0, 1_600, 0, 0);
        assertThat(answer.confidence(0)).isEqualTo(0.8f);
    }

    @Test
    void theEndOfARequestOnARemovedEndpointIsIgnoredAndCounted() {
        PromptKeys keys = prompt(6_400);
        var one = view.routed(NAMESPACE, keys, 0, 500);
        var other = view.routed(NAMESPACE, keys, 0, 500);
        view.removed(0);
        one.finished(100);
        other.withdrawn();
        assertThat(view.heldTokens(0)).isZero();
        assertThat(view.stats().getFirst().late()).isEqualTo(2);
        match(keys);
        assertThat(answer.tokens(0)).isZero();
    }

    @Test
    void whatComesLateOfAnEndpointIsNotTakenForTheNextWithItsOrdinal() {
        long old = Tenancy.of(0, 7);
        long next = Tenancy.of(0, 8);
        PromptKeys before = prompt(6_400);
        PromptKeys after = prompt(6_400);
        view.capacity(old, 50_000);
        var one = view.routed(NAMESPACE, before, old, 500);
        var other = view.routed(NAMESPACE, after, old, 500);
        view.removed(old);
        view.capacity(next, 1_600);
        view.routed(NAMESPACE, after, next, 0);

        one.observed(PrefixSource.APPROXIMATE, 100, 0);
        one.finished(100);
        other.withdrawn();
        view.restarted(old);
        view.capacity(old, 16);
        view.removed(old);
        assertThat(view.routed(NAMESPACE, before, old, 0)).isSameAs(PrefixUse.NONE);
        view.sweep();

        assertThat(view.stats().getFirst().late()).isEqualTo(7);
        match(before);
        assertThat(answer.tokens(0)).isZero();
        match(after);
        assertThat(answer.tokens(0)).isEqualTo(1_600);
        assertThat(answer.confidence(0)).isEqualTo(0.8f);
    }

    @Test
    void confidenceFollowsWhatEnginesFound() {
        var uses = IntStream.range(0, ENDPOINTS)
                .mapToObj(o -> view.routed(NAMESPACE, prompt(64), o, 0))
                .toList();
        for (int i = 0; i < 50; i++) {
            uses.get(0).observed(PrefixSource.APPROXIMATE, 1_000, 500);
            uses.get(1).observed(PrefixSource.APPROXIMATE, 1_000, 2_000);
            uses.get(2).observed(PrefixSource.APPROXIMATE, 0, 0);
            uses.get(3).observed(PrefixSource.PRECISE, 1_000, 0);
        }
        match(prompt(64));
        assertThat(answer.confidence(0)).isCloseTo(0.5f, within(0.01f));
        assertThat(answer.confidence(1)).isCloseTo(1f, within(0.01f));
        assertThat(answer.confidence(2)).isEqualTo(0.8f);
        assertThat(answer.confidence(3)).as("another view's prediction").isEqualTo(0.8f);
    }

    @Test
    void endpointsBeyondTheReachAreUnknownAndCounted() {
        PromptKeys keys = prompt(640);
        view.capacity(ENDPOINTS, 1_000);
        assertThat(view.routed(NAMESPACE, keys, ENDPOINTS, 0)).isSameAs(PrefixUse.NONE);
        view.restarted(ENDPOINTS);
        view.removed(ENDPOINTS);
        assertThat(view.stats().getFirst().beyond()).isEqualTo(4);
        view.routed(NAMESPACE, keys, 0, 0);
        view.match(NAMESPACE, keys, ENDPOINTS + 3, answer);
        assertThat(answer.endpoints()).isEqualTo(ENDPOINTS + 3);
        assertThat(answer.tokens(0)).isEqualTo(160);
        assertThat(answer.tokens(ENDPOINTS + 2)).isZero();
        assertThat(answer.confidence(ENDPOINTS + 2)).isZero();
    }

    @Test
    void badSettingsAreNamed() {
        assertThatThrownBy(() -> new Settings(1, 1, 1, Duration.ZERO, 0.5f))
                .hasMessage("timeToLive PT0S is not in PT1S..PT336H");
        assertThatThrownBy(() -> new Settings(1, 1, -1, Duration.ofSeconds(1), 0.5f))
                .hasMessage("defaultCapacity -1 is negative");
        assertThatThrownBy(() -> new Settings(1, 1, 1, Duration.ofSeconds(1), Float.NaN))
                .hasMessage("prior NaN is not in 0..1");
    }

    private void match(PromptKeys keys) {
        view.match(NAMESPACE, keys, ENDPOINTS, answer);
    }

    private PromptKeys prompt(int length) {
        return keys(bytes(length));
    }

    private static PromptKeys keys(byte[] text) {
        return KeyedPrompts.ofText(text);
    }

    private byte[] bytes(int n) {
        byte[] bytes = new byte[n];
        for (int i = 0; i < n; i++) {
            bytes[i] = (byte) ('a' + random.nextInt(26));
        }
        return bytes;
    }
}
