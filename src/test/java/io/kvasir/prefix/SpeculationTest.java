package io.kvasir.prefix;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.pool.Tenancy;
import java.util.ArrayList;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What was sent is believed in until the engine tells of it, and an engine that does not is found out. */
class SpeculationTest {
    private static final String MODEL = "m";
    private static final long NAMESPACE = PrefixNamespace.of(MODEL, null, null);

    private final AtomicLong now = new AtomicLong(1_000);
    private final PreciseView view = new PreciseView(64, 7, now::get);
    private final PrefixMatches answer = new PrefixMatches();

    private static long tenancy(int ordinal) {
        return Tenancy.of(ordinal, ordinal);
    }

    private ToldEngine engine(int ordinal, int size) {
        view.coverage(tenancy(ordinal), 1);
        return new ToldEngine(view.cache(tenancy(ordinal), 0, MODEL, false), size, ordinal);
    }

    /** One that has told of a block, so that its size is known. */
    private ToldEngine known(int ordinal, int size) {
        var engine = engine(ordinal, size);
        engine.store(prompt(1_000 + ordinal, 2 * Math.max(16, size)), 0, 1);
        return engine;
    }

    private static int[] prompt(int seed, int length) {
        return new SplittableRandom(seed).ints(length, 0, 150_000).toArray();
    }

    private PromptKeys keys(int... prompt) {
        return KeysOfTokens.of(view.schemes(), prompt);
    }

    private PrefixUse sent(int ordinal, int... prompt) {
        return view.routed(NAMESPACE, keys(prompt), tenancy(ordinal), 0);
    }

    private int held(int ordinal, int... prompt) {
        view.match(NAMESPACE, keys(prompt), 64, answer);
        return answer.tokens(ordinal);
    }

    private void later(long nanos) {
        now.addAndGet(nanos);
        view.sweep();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4, 16, 64})
    void theSecondTurnFindsTheFirstBeforeAnyEvent(int size) {
        known(0, size);
        known(1, size);
        int[] turn = prompt(1, 200);
        int whole = size < 16 ? 192 : 199 / size * size;
        assertThat(held(0, turn)).isZero();
        var use = sent(0, turn);
        assertThat(held(0, turn)).isEqualTo(whole);
        assertThat(answer.confidence(0)).isEqualTo(1);
        assertThat(held(1, turn)).isZero();
        use.finished(1);
        assertThat(held(0, turn)).isEqualTo(whole);
    }

    @Test
    void anEngineThatHasToldOfNothingYetIsBelievedToo() {
        engine(0, 16);
        var _ = sent(0, prompt(1, 100));
        assertThat(held(0, prompt(1, 100))).isEqualTo(96);
    }

    @Test
    void theEnginesOwnWordTakesItsPlace() {
        var engine = known(0, 16);
        int[] turn = prompt(1, 161);
        var use = sent(0, turn);
        engine.store(turn, 0, 10);
        assertThat(held(0, turn)).isEqualTo(160);
        engine.removeTail(turn, 7, true);
        assertThat(held(0, turn)).isEqualTo(48);
        use.finished(1);
        assertThat(held(0, turn)).isEqualTo(48);
        assertThat(view.count("told")).isEqualTo(1);
    }

    @Test
    void whatOthersWereSentStaysWhereOneOfThemIsTold() {
        var engine = known(0, 16);
        int[] first = prompt(1, 161);
        int[] second = first.clone();
        System.arraycopy(prompt(2, 81), 0, second, 80, 81);
        var one = sent(0, first);
        var other = sent(0, second);
        engine.store(first, 0, 10);
        one.finished(1);
        assertThat(held(0, second)).isEqualTo(160);
        // the engine takes back what both begin with, and only the second is still to come
        engine.removeTail(first, 10, true);
        later(SentPaths.LATE_NANOS);
        assertThat(held(0, first)).isEqualTo(80);
        assertThat(held(0, second)).isEqualTo(160);
        other.withdrawn();
        assertThat(held(0, second)).isZero();
        assertThat(held(0, first)).isZero();
    }

    @Test
    void anEngineThatNeverConfirmsIsBelievedForAWhileOnly() {
        known(0, 16);
        int[] turn = prompt(1, 100);
        var use = sent(0, turn);
        later(SentPaths.MOST_NANOS - 1);
        assertThat(held(0, turn)).isEqualTo(96);
        later(1);
        assertThat(held(0, turn)).isZero();
        use.finished(1);
        assertThat(held(0, turn)).isZero();
        assertThat(view.count("unknown")).isEqualTo(1);
    }

    @Test
    void onceItsAnswerHasEndedItIsNotWaitedForLong() {
        known(0, 16);
        int[] turn = prompt(1, 100);
        sent(0, turn).finished(1);
        later(SentPaths.LATEST_NANOS - 1);
        assertThat(held(0, turn)).isEqualTo(96);
        later(1);
        assertThat(held(0, turn)).isZero();
        assertThat(view.count("untold")).isEqualTo(1);
    }

    @Test
    void anEngineThatTellsOfOthersIsWaitedForOnlyShortly() {
        var engine = known(0, 16);
        int[] turn = prompt(1, 100);
        sent(0, turn).finished(1);
        engine.store(prompt(2, 100), 0, 6);
        later(SentPaths.LATE_NANOS - 1);
        assertThat(held(0, turn)).isEqualTo(96);
        later(1);
        assertThat(held(0, turn)).isZero();
        assertThat(view.count("untold")).isEqualTo(1);
    }

    @Test
    void anEngineThatTellsNowAndThenIsWaitedForUntilItDoes() {
        var engine = known(0, 16);
        for (int r = 0; r < 2 * Blindness.JUDGED; r++) {
            int[] turn = prompt(r, 100);
            sent(0, turn).finished(1);
            later(2 * SentPaths.LATE_NANOS);
            assertThat(held(0, turn)).isEqualTo(96);
            // one batch: of something else, of what went, and of this
            int[] other = prompt(10_000 + r, 100);
            engine.store(other, 0, 6);
            engine.removeTail(other, 6, true);
            engine.store(turn, 0, 6);
            later(1);
        }
        assertThat(view.count("told")).isEqualTo(2 * Blindness.JUDGED);
        assertThat(view.unconfirmed(tenancy(0))).isFalse();
    }

    @Test
    void thatNothingWasHeardWhileNobodyListenedProvesNothing() {
        engine(0, 16);
        for (int r = 0; !view.silent(tenancy(0)); r++) {
            sent(0, prompt(r, 200)).finished(1);
        }
        view.listened(tenancy(0));
        assertThat(view.silent(tenancy(0))).isFalse();
    }

    @Test
    void eventsThatComeBehindTheAnswerAreInTime() {
        var engine = known(0, 16);
        int[] turn = prompt(1, 100);
        sent(0, turn).finished(1);
        engine.store(turn, 0, 6);
        later(SentPaths.LATE_NANOS);
        assertThat(held(0, turn)).isEqualTo(96);
        assertThat(view.count("told")).isEqualTo(1);
        assertThat(view.count("untold")).isZero();
    }

    @Test
    void aClearedCacheAnEndpointThatLeftAndARestartTakeAllOfIt() {
        var engine = known(0, 16);
        int[] turn = prompt(1, 100);
        var _ = sent(0, turn);
        engine.clear();
        assertThat(held(0, turn)).isZero();
        var _ = sent(0, turn);
        assertThat(held(0, turn)).isEqualTo(96);
        view.restarted(tenancy(0));
        assertThat(held(0, turn)).isZero();
        var late = sent(0, turn);
        view.removed(tenancy(0));
        var next = view.cache(Tenancy.of(0, 9), 0, MODEL, false);
        view.coverage(Tenancy.of(0, 9), 1);
        assertThat(next.tenancy()).isNotEqualTo(tenancy(0));
        assertThat(held(0, turn)).isZero();
        late.finished(1);
        assertThat(held(0, turn)).isZero();
    }

    @Test
    void howMuchIsBelievedInIsBounded() {
        known(0, 16);
        var uses = new ArrayList<PrefixUse>();
        for (int p = 0; p < SentPaths.MOST_PATHS + 10; p++) {
            uses.add(sent(0, prompt(p, 33)));
        }
        assertThat(held(0, prompt(SentPaths.MOST_PATHS - 1, 33))).isEqualTo(32);
        assertThat(held(0, prompt(SentPaths.MOST_PATHS, 33))).isZero();
        uses.forEach(use -> use.finished(1));
        // so many are waited for, and no more
        later(SentPaths.LATEST_NANOS);
        assertThat(held(0, prompt(0, 33))).isZero();
        assertThat(view.count("untold") + view.count("unknown")).isEqualTo(uses.size());
    }

    @Test
    void ofRanksTheOneThatItWasSentToWillHoldIt() {
        known(0, 16);
        var second = view.cache(tenancy(0), 1, MODEL, false);
        new ToldEngine(second, 16, 5).store(prompt(50, 32), 0, 1);
        int[] turn = prompt(1, 49);
        var _ = sent(0, turn);
        assertThat(held(0, turn)).isEqualTo(48);
        assertThat(answer.confidence(0)).isEqualTo(0.5f);
    }

    /** Requests whose engine reports nothing of its cache, until it is found out; how many that took. */
    private int untilUnconfirmed(Runnable events) {
        int requests = 0;
        while (!view.unconfirmed(tenancy(0))) {
            assertThat(requests++).isLessThan(100);
            sent(0, prompt(requests, 200)).finished(1);
            events.run();
            later(SentPaths.LATE_NANOS);
        }
        return requests;
    }

    @Test
    void eventsOfAnotherEngineAreFoundOutWithoutAWordOfTheEngineAndBelievedOnceTheyAreItsOwn() {
        var engine = known(0, 16);
        var others = new SplittableRandom(5);
        untilUnconfirmed(() -> engine.store(prompt(10_000 + others.nextInt(100_000), 160), 0, 10));
        assertThat(view.confidence(tenancy(0))).isZero();
        assertThat(view.silent(tenancy(0))).isFalse();
        for (int r = 0; r < Blindness.JUDGED; r++) {
            assertThat(view.unconfirmed(tenancy(0))).isTrue();
            int[] prompt = prompt(1_000 + r, 200);
            var use = sent(0, prompt);
            engine.store(prompt, 0, 12);
            use.finished(1);
        }
        assertThat(view.unconfirmed(tenancy(0))).isFalse();
        assertThat(view.confidence(tenancy(0))).isEqualTo(1);
    }

    @Test
    void tokensThatAreNotTheEnginesAreFoundOut() {
        var engine = known(0, 16);
        var requests = new AtomicLong();
        untilUnconfirmed(() -> {
            int[] prompt = prompt((int) requests.incrementAndGet(), 200);
            for (int i = 0; i < prompt.length; i++) {
                prompt[i]++;
            }
            engine.store(prompt, 0, 12);
        });
    }

    @Test
    void aPublisherThatOnlyClearsIsSilent() {
        var engine = known(0, 16);
        int requests = 0;
        while (!view.silent(tenancy(0))) {
            assertThat(requests++).isLessThan(100);
            sent(0, prompt(requests, 200)).finished(1);
            engine.clear();
            later(SentPaths.LATE_NANOS);
        }
        assertThat(view.confidence(tenancy(0))).isZero();
    }

    /** As where prefix caching is off. */
    @Test
    void aPublisherThatSendsNothingIsSilentWhateverItsEngineReports() {
        engine(0, 16);
        int requests = 0;
        while (!view.silent(tenancy(0))) {
            assertThat(requests++).isLessThan(100);
            sent(0, prompt(requests, 200)).finished(1);
        }
    }

    @Test
    void hashesOfAnySeedConfirm() {
        var engine = new ToldEngine(view.cache(tenancy(0), 0, MODEL, false), 16, 0x1234_5678L);
        view.coverage(tenancy(0), 1);
        for (int r = 0; r < 100; r++) {
            var use = sent(0, prompt(r, 200));
            engine.store(prompt(r, 200), 0, 12);
            use.finished(1);
        }
        assertThat(view.count("told")).isEqualTo(100);
        assertThat(view.unconfirmed(tenancy(0))).isFalse();
    }

    @Test
    void whatIsNotConfirmedWhileEventsAreKnownToBeMissingProvesNothing() {
        known(0, 16);
        view.coverage(tenancy(0), 0.3f);
        for (int r = 0; r < 100; r++) {
            sent(0, prompt(r, 200)).finished(1);
            later(SentPaths.LATE_NANOS);
        }
        assertThat(view.unconfirmed(tenancy(0))).isFalse();
        assertThat(view.count("unknown")).isEqualTo(100);
    }
}
