package io.kvasir.prefix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.kvasir.pool.Tenancy;
import io.kvasir.prefix.ApproximateView.Settings;
import io.kvasir.prefix.PrefixMatches.Outcome;
import io.kvasir.request.PromptSink.Part;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
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
        PrefixKeys keys = prompt(8_000);
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
        PrefixKeys keys = prompt(640);
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
        PrefixKeys first = prompt(3_200);
        view.routed(NAMESPACE, first, 0, 400);
        view.finished(NAMESPACE, first, 0, 400, 400);
        assertThat(view.heldTokens(0)).isEqualTo(1_200);
        PrefixKeys second = prompt(3_200);
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
        PrefixKeys old = prompt(6_400);
        PrefixKeys kept = prompt(6_400);
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
        PrefixKeys longRunning = prompt(6_400);
        PrefixKeys other = prompt(6_400);
        view.routed(NAMESPACE, longRunning, 0, 0);
        view.routed(NAMESPACE, other, 0, 0);
        view.finished(NAMESPACE, longRunning, 0, 0, 0);
        view.routed(NAMESPACE, prompt(6_400), 0, 0);
        match(longRunning);
        assertThat(answer.tokens(0)).isEqualTo(1_600);
        match(other);
        assertThat(answer.tokens(0)).isZero();
    }

    @Test
    void whatRunningRequestsMayProduceTakesRoomFromTheCache() {
        view.capacity(0, 3_200);
        PrefixKeys cached = prompt(6_400);
        view.routed(NAMESPACE, cached, 0, 0);
        PrefixKeys running = prompt(640);
        view.routed(NAMESPACE, running, 0, 2_400);
        assertThat(view.heldTokens(0)).isEqualTo(800);
        match(cached);
        assertThat(answer.tokens(0)).isEqualTo(640);
        view.finished(NAMESPACE, running, 0, 2_400, 0);
        view.routed(NAMESPACE, cached, 0, 0);
        match(cached);
        assertThat(answer.tokens(0)).isEqualTo(1_600);
    }

    @Test
    void whatWasNotUsedForTheTimeToLiveIsForgotten() {
        PrefixKeys old = prompt(640);
        PrefixKeys used = prompt(640);
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
        assertThat(view.stats().replicas()).isZero();
        assertThat(view.stats().runs()).isZero();
    }

    @Test
    void aSmallerCapacityIsAppliedBySweeping() {
        PrefixKeys keys = prompt(6_400);
        view.routed(NAMESPACE, keys, 0, 0);
        view.capacity(0, 500);
        view.sweep();
        match(keys);
        assertThat(answer.tokens(0)).isEqualTo(496);
    }

    @Test
    void aRefusedRequestLeavesOnlyWhatWasBelievedBefore() {
        byte[] shared = bytes(1_280);
        PrefixKeys before = keys(shared);
        view.routed(NAMESPACE, before, 0, 0);
        byte[] longer = bytes(6_400);
        System.arraycopy(shared, 0, longer, 0, 1_280);
        PrefixKeys refused = keys(longer);
        int use = view.routed(NAMESPACE, refused, 0, 1_000);
        view.withdrawn(NAMESPACE, refused, 0, 1_000, use);
        match(refused);
        assertThat(answer.tokens(0)).isEqualTo(320);
    }

    @Test
    void aCancelledRequestLeavesWhatAnotherWasRoutedOnSince() {
        byte[] shared = bytes(3_200);
        PrefixKeys cancelled = keys(concat(shared, bytes(1_280)));
        PrefixKeys other = keys(concat(shared, bytes(640)));
        // both came before anything was held: neither had a promise to keep
        int use = view.routed(NAMESPACE, cancelled, 0, 100);
        view.routed(NAMESPACE, other, 0, 100);
        view.withdrawn(NAMESPACE, cancelled, 0, 100, use);
        match(other);
        assertThat(answer.tokens(0)).isEqualTo(960);
        match(cancelled);
        assertThat(answer.tokens(0)).isEqualTo(800);
    }

    @Test
    void aCancelledRequestLeavesWhatOneThatRanHasHeldToo() {
        PrefixKeys prompt = prompt(6_400);
        int first = view.routed(NAMESPACE, prompt, 0, 0);
        int second = view.routed(NAMESPACE, prompt, 0, 0);
        view.finished(NAMESPACE, prompt, 0, 0, 0);
        view.withdrawn(NAMESPACE, prompt, 0, 0, second);
        view.withdrawn(NAMESPACE, prompt, 0, 0, first);
        match(prompt);
        assertThat(answer.tokens(0)).isEqualTo(1_600);
    }

    @Test
    void whateverIsCancelledOnlyItsOwnIsForgotten() {
        byte[] root = bytes(64 * 40);
        for (int round = 0; round < 200; round++) {
            view.reset(0);
            var held = new HashMap<Long, Integer>();
            var running = new ArrayList<Routed>();
            for (int step = 0; step < 40; step++) {
                if (running.isEmpty() || random.nextInt(3) > 0) {
                    byte[] text = concat(Arrays.copyOf(root, 64 * random.nextInt(40)), bytes(64 * random.nextInt(5)));
                    PrefixKeys keys = keys(text);
                    int use = view.routed(NAMESPACE, keys, 0, 0);
                    for (int i = 0; i < keys.blocks(); i++) {
                        held.merge(keys.keys()[i], use, (_, _) -> 0);
                    }
                    running.add(new Routed(keys, use));
                } else {
                    Routed over = running.remove(random.nextInt(running.size()));
                    if (random.nextBoolean()) {
                        view.withdrawn(NAMESPACE, over.keys, 0, 0, over.use);
                        held.values().removeIf(owner -> owner == over.use);
                    } else {
                        view.finished(NAMESPACE, over.keys, 0, 0, 0);
                        for (int i = 0; i < over.keys.blocks(); i++) {
                            held.put(over.keys.keys()[i], 0);
                        }
                    }
                }
                assertThat(view.heldTokens(0)).isEqualTo(16L * held.size());
                for (Routed one : running) {
                    match(one.keys);
                    assertThat(answer.tokens(0)).isEqualTo(one.keys.promptTokens());
                }
            }
        }
    }

    private record Routed(PrefixKeys keys, int use) {}

    private static byte[] concat(byte[] one, byte[] other) {
        byte[] both = Arrays.copyOf(one, one.length + other.length);
        System.arraycopy(other, 0, both, one.length, other.length);
        return both;
    }

    @Test
    void aResetEndpointHoldsNothing() {
        PrefixKeys keys = prompt(6_400);
        view.routed(NAMESPACE, keys, 0, 0);
        view.routed(NAMESPACE, keys, 1, 0);
        view.observed(0, 100, 0);
        view.reset(0);
        match(keys);
        assertThat(answer.tokens()).startsWith(0, 1_600, 0, 0);
        assertThat(answer.confidence(0)).isEqualTo(0.8f);
    }

    @Test
    void theEndOfARequestOnARemovedEndpointIsIgnoredAndCounted() {
        PrefixKeys keys = prompt(6_400);
        view.routed(NAMESPACE, keys, 0, 500);
        view.removed(0);
        view.finished(NAMESPACE, keys, 0, 500, 100);
        view.withdrawn(NAMESPACE, keys, 0, 500, 0);
        assertThat(view.heldTokens(0)).isZero();
        assertThat(view.late()).isEqualTo(2);
        match(keys);
        assertThat(answer.tokens(0)).isZero();
    }

    @Test
    void whatComesLateOfAnEndpointIsNotTakenForTheNextWithItsOrdinal() {
        long old = Tenancy.of(0, 7);
        long next = Tenancy.of(0, 8);
        PrefixKeys before = prompt(6_400);
        PrefixKeys after = prompt(6_400);
        view.capacity(old, 50_000);
        view.routed(NAMESPACE, before, old, 500);
        view.removed(old);
        view.capacity(next, 1_600);
        int use = view.routed(NAMESPACE, after, next, 0);
        assertThat(use).isNotZero();

        view.finished(NAMESPACE, before, old, 500, 100);
        view.withdrawn(NAMESPACE, after, old, 500, use);
        view.observed(old, 100, 0);
        view.reset(old);
        view.capacity(old, 16);
        view.removed(old);
        assertThat(view.routed(NAMESPACE, before, old, 0)).isZero();
        view.sweep();

        assertThat(view.late()).isEqualTo(7);
        match(before);
        assertThat(answer.tokens(0)).isZero();
        match(after);
        assertThat(answer.tokens(0)).isEqualTo(1_600);
        assertThat(answer.confidence(0)).isEqualTo(0.8f);
    }

    @Test
    void confidenceFollowsWhatEnginesFound() {
        for (int i = 0; i < 50; i++) {
            view.observed(0, 1_000, 500);
            view.observed(1, 1_000, 2_000);
            view.observed(2, 0, 0);
        }
        match(prompt(64));
        assertThat(answer.confidence(0)).isCloseTo(0.5f, within(0.01f));
        assertThat(answer.confidence(1)).isCloseTo(1f, within(0.01f));
        assertThat(answer.confidence(2)).isEqualTo(0.8f);
    }

    @Test
    void endpointsBeyondTheReachAreUnknownAndCounted() {
        PrefixKeys keys = prompt(640);
        view.capacity(ENDPOINTS, 1_000);
        view.routed(NAMESPACE, keys, ENDPOINTS, 0);
        view.finished(NAMESPACE, keys, ENDPOINTS, 0, 0);
        view.withdrawn(NAMESPACE, keys, ENDPOINTS, 0, 0);
        view.observed(ENDPOINTS, 10, 10);
        view.reset(ENDPOINTS);
        view.removed(ENDPOINTS);
        assertThat(view.beyond()).isEqualTo(7);
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

    private void match(PrefixKeys keys) {
        view.match(NAMESPACE, keys, ENDPOINTS, answer);
    }

    private PrefixKeys prompt(int length) {
        return keys(bytes(length));
    }

    private static PrefixKeys keys(byte[] text) {
        PrefixKeys keys = new PrefixKeys();
        keys.begin(Part.PROMPT);
        keys.text(text, 0, text.length);
        keys.end(Part.PROMPT);
        keys.finish();
        return keys;
    }

    private byte[] bytes(int n) {
        byte[] bytes = new byte[n];
        for (int i = 0; i < n; i++) {
            bytes[i] = (byte) ('a' + random.nextInt(26));
        }
        return bytes;
    }
}
