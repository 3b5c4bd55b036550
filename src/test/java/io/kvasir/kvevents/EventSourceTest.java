package io.kvasir.kvevents;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.kvevents.EventCounts.Batch;
import io.kvasir.kvevents.EventCounts.Incident;
import io.kvasir.kvevents.wire.EventDialect;
import io.kvasir.pool.Tenancy;
import io.kvasir.prefix.KeysOfTokens;
import io.kvasir.prefix.PreciseView;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever happens to the batches of an engine: what is believed of it is right, or said to be uncertain. */
class EventSourceTest {
    private static final int[] FIRST = EngineScript.prompt(1, 161);
    private static final int[] SECOND = EngineScript.prompt(2, 161);
    private static final long SECONDS = 1_000_000_000L;

    private final PreciseView view = new PreciseView(4, 1);
    private final EventCounts counts = new EventCounts();
    private final EngineScript engine = new EngineScript();
    private final long tenancy = Tenancy.of(0, 1);
    private long now = 5 * SECONDS;

    private EventSource source(boolean replays) {
        var source = new EventSource(view.cache(tenancy, 0, "m", false), EventDialect.VLLM, counts, replays, 0);
        source.connected(now);
        return source;
    }

    /** Which replays nothing, being new. */
    private EventSource followed(boolean replays) {
        var source = source(replays);
        if (replays) {
            assertThat(source.takeReplayRequest()).isZero();
            source.replayEnded(now);
        }
        return source;
    }

    private int believed(int[] prompt) {
        return KeysOfTokens.held(view, "m", prompt);
    }

    @Test
    void batchesInOrderAreAllThereIs() {
        var source = followed(false);
        source.live(0, engine.store(FIRST, 0, 4), now);
        source.live(1, engine.store(FIRST, 4, 10), now);
        source.live(2, engine.remove(FIRST, 8, 10), now);
        assertThat(source.state()).isEqualTo(EventState.COMPLETE);
        assertThat(believed(FIRST)).isEqualTo(128);
    }

    /** Its numbers begin again, and then its metrics page shows it too. */
    @Test
    void aRestartThatTheNumbersToldOfIsNotForgottenAgain() {
        long page = System.nanoTime();
        var source = followed(true);
        source.live(0, engine.store(FIRST, 0, 4), now);
        source.live(1, engine.store(FIRST, 4, 10), now);
        source.live(0, engine.store(SECOND, 0, 10), now);
        assertThat(believed(FIRST)).isZero();
        view.restartedSince(tenancy, page);
        assertThat(believed(SECOND)).isEqualTo(160);
        view.restartedSince(tenancy, System.nanoTime() + SECONDS);
        assertThat(believed(SECOND)).isZero();
    }

    @Test
    void aRankThatComesBackAfterItWasGoneIsUnheardUntilItSaysSomething() {
        var source = followed(false);
        source.live(0, engine.store(FIRST, 0, 4), now);
        source.disconnected();
        source.refused(now);
        assertThat(source.presence().isAbsent(now + RankPresence.ABSENT_NANOS - 1))
                .isFalse();
        assertThat(source.presence().isAbsent(now + RankPresence.ABSENT_NANOS)).isTrue();
        source.gone();
        assertThat(source.presence().isGone()).isTrue();
        source.connected(now);
        assertThat(source.presence().isGone()).isFalse();
        assertThat(source.state()).isEqualTo(EventState.UNHEARD);
        assertThat(believed(FIRST)).isZero();
        source.live(0, engine.store(SECOND, 0, 10), now);
        assertThat(source.state()).isEqualTo(EventState.COMPLETE);
        assertThat(believed(SECOND)).isEqualTo(160);
    }

    @Test
    void someCountFromOne() {
        var source = followed(false);
        source.live(1, engine.store(FIRST, 0, 4), now);
        source.tick(now + EventSource.LATE_NANOS);
        assertThat(source.state()).isEqualTo(EventState.COMPLETE);
        assertThat(believed(FIRST)).isEqualTo(64);
    }

    @Test
    void duplicatesChangeNothing() {
        var source = followed(true);
        byte[] store = engine.store(FIRST, 0, 4);
        byte[] remove = engine.remove(FIRST, 2, 4);
        source.live(0, store, now);
        source.live(1, remove, now);
        source.live(0, store, now);
        source.live(1, remove, now);
        assertThat(believed(FIRST)).isEqualTo(32);
        assertThat(counts.count(Batch.DUPLICATE)).isEqualTo(2);
        assertThat(counts.count(Incident.RESTART)).isZero();
        assertThat(source.state()).isEqualTo(EventState.COMPLETE);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void batchesThatCameInAnotherOrderAreAppliedInTheirs(boolean replays) {
        var source = followed(replays);
        byte[] first = engine.store(FIRST, 0, 4);
        byte[] second = engine.store(FIRST, 4, 10);
        byte[] third = engine.remove(FIRST, 6, 10);
        source.live(0, first, now);
        source.live(2, third, now);
        assertThat(source.state()).isEqualTo(EventState.WAITING);
        source.live(1, second, now);
        assertThat(believed(FIRST)).isEqualTo(96);
        if (replays) {
            source.replayEnded(now);
        }
        assertThat(source.state()).isEqualTo(EventState.COMPLETE);
        assertThat(counts.count(Incident.FILLED)).isEqualTo(1);
    }

    @Test
    void aGapIsFilledByReplay() {
        var source = followed(true);
        source.live(0, engine.store(FIRST, 0, 4), now);
        byte[] missed = engine.store(FIRST, 4, 10);
        source.live(2, engine.remove(FIRST, 6, 10), now);
        assertThat(source.state()).isEqualTo(EventState.WAITING);
        assertThat(source.takeReplayRequest()).isEqualTo(1);
        assertThat(source.takeReplayRequest()).isEqualTo(-1);
        source.replayed(1, missed, now);
        source.replayEnded(now);
        assertThat(source.state()).isEqualTo(EventState.COMPLETE);
        assertThat(believed(FIRST)).isEqualTo(96);
    }

    @Test
    void aGapThatNobodyFillsIsUncertaintyUntilTheCacheHasTurnedOver() {
        var source = followed(false);
        source.live(0, engine.store(FIRST, 0, 4), now);
        source.live(2, engine.store(SECOND, 0, 10), now);
        source.tick(now + EventSource.LATE_NANOS - 1);
        assertThat(source.state()).isEqualTo(EventState.WAITING);
        source.tick(now + EventSource.LATE_NANOS);
        assertThat(source.state()).isEqualTo(EventState.UNCERTAIN);
        assertThat(believed(SECOND)).isEqualTo(160);
        assertThat(counts.count(Incident.LOST)).isEqualTo(1);
        long number = 3;
        for (int p = 10; source.state() != EventState.COMPLETE; p++) {
            source.live(number++, engine.store(EngineScript.prompt(p, 160), 0, 10), now);
            assertThat(number).isLessThan(1_000);
        }
    }

    @Test
    void aClearMakesAllCertainAgain() {
        var source = followed(false);
        source.live(0, engine.store(FIRST, 0, 4), now);
        source.live(5, engine.store(FIRST, 4, 5), now);
        source.tick(now + EventSource.LATE_NANOS);
        assertThat(source.state()).isEqualTo(EventState.UNCERTAIN);
        source.live(6, engine.clear(), now);
        assertThat(source.state()).isEqualTo(EventState.COMPLETE);
        assertThat(believed(FIRST)).isZero();
    }

    @Test
    void aReplayThatNobodyAnswersEndsInUncertainty() {
        var source = followed(true);
        source.live(0, engine.store(FIRST, 0, 4), now);
        source.live(2, engine.store(SECOND, 0, 10), now);
        for (int attempt = 0; attempt < 3; attempt++) {
            assertThat(source.takeReplayRequest()).isEqualTo(1);
            now += EventSource.REPLAY_NANOS;
            source.tick(now);
        }
        assertThat(source.state()).isEqualTo(EventState.UNCERTAIN);
        assertThat(counts.count(Incident.REPLAY_FAILED)).isEqualTo(1);
        assertThat(believed(SECOND)).isEqualTo(160);
    }

    @Test
    void whatWasPublishedBeforeIsReplayed() {
        var source = source(true);
        assertThat(source.state()).isEqualTo(EventState.UNHEARD);
        assertThat(source.takeReplayRequest()).isZero();
        source.live(2, engine.store(SECOND, 0, 1), now);
        source.replayed(0, engine.store(FIRST, 0, 4), now);
        source.replayed(1, engine.store(FIRST, 4, 10), now);
        source.replayEnded(now);
        assertThat(source.state()).isEqualTo(EventState.COMPLETE);
        assertThat(believed(FIRST)).isEqualTo(160);
        assertThat(believed(SECOND)).isEqualTo(16);
    }

    @Test
    void historyThatIsNoLongerKeptLeavesAPartThatIsTrue() {
        var source = source(true);
        source.replayed(7, engine.store(FIRST, 0, 4), now);
        source.replayed(8, engine.store(SECOND, 2, 4), now);
        source.replayEnded(now);
        assertThat(source.state()).isEqualTo(EventState.PARTIAL);
        assertThat(believed(FIRST)).isEqualTo(64);
        assertThat(believed(SECOND)).isZero();
    }

    @Test
    void aRestartedEngineHoldsNothingOfWhatItHeld() {
        var source = followed(false);
        source.live(0, engine.store(FIRST, 0, 4), now);
        source.live(1, engine.store(FIRST, 4, 10), now);
        source.live(0, engine.store(SECOND, 0, 2), now);
        assertThat(counts.count(Incident.RESTART)).isEqualTo(1);
        assertThat(believed(FIRST)).isZero();
        assertThat(believed(SECOND)).isEqualTo(32);
        assertThat(source.state()).isEqualTo(EventState.COMPLETE);
    }

    @Test
    void aRestartWhoseFirstBatchesWereMissedIsNoticedByTime() {
        var source = followed(true);
        for (int number = 0; number < 8; number++) {
            source.live(number, engine.store(FIRST, number, number + 1), now);
        }
        byte[] missed = engine.store(SECOND, 0, 2);
        source.live(1, engine.store(SECOND, 2, 4), now);
        assertThat(believed(FIRST)).isZero();
        assertThat(source.takeReplayRequest()).isZero();
        source.replayed(0, missed, now);
        source.replayEnded(now);
        assertThat(believed(SECOND)).isEqualTo(64);
        assertThat(source.state()).isEqualTo(EventState.COMPLETE);
    }

    @Test
    void aRestartWhileNobodyListenedIsNoticedWhenTheConnectionIsBack() {
        var source = followed(true);
        source.live(0, engine.store(FIRST, 0, 4), now);
        source.live(1, engine.store(FIRST, 4, 10), now);
        source.disconnected();
        assertThat(source.state()).isEqualTo(EventState.DISCONNECTED);
        assertThat(source.state().coverage()).isZero();
        source.connected(now);
        // asked for what it said last, the new process has nothing that far
        assertThat(source.takeReplayRequest()).isEqualTo(1);
        source.replayEnded(now);
        assertThat(believed(FIRST)).isZero();
        assertThat(source.takeReplayRequest()).isZero();
        source.replayed(0, engine.store(SECOND, 0, 1), now);
        source.replayEnded(now);
        assertThat(source.state()).isEqualTo(EventState.COMPLETE);
        assertThat(believed(SECOND)).isEqualTo(16);
    }

    @Test
    void aConnectionThatBrokeAndCameBackLosesNothing() {
        var source = followed(true);
        byte[] last = engine.store(FIRST, 0, 4);
        source.live(0, last, now);
        source.disconnected();
        source.connected(now);
        assertThat(source.takeReplayRequest()).isZero();
        source.replayed(0, last, now);
        source.replayed(1, engine.store(FIRST, 4, 10), now);
        source.replayEnded(now);
        assertThat(source.state()).isEqualTo(EventState.COMPLETE);
        assertThat(believed(FIRST)).isEqualTo(160);
        assertThat(counts.count(Incident.RESTART)).isZero();
    }

    @Test
    void garbageIsCountedAndMakesUncertain() {
        var source = followed(false);
        source.live(0, engine.store(FIRST, 0, 4), now);
        source.live(1, new byte[] {1, 2, 3}, now);
        assertThat(counts.count(Batch.MALFORMED)).isEqualTo(1);
        assertThat(source.state()).isEqualTo(EventState.UNCERTAIN);
        source.live(-5, engine.store(FIRST, 4, 5), now);
        assertThat(counts.count(Batch.MALFORMED)).isEqualTo(2);
        source.live(2, engine.store(FIRST, 4, 5), now);
        assertThat(believed(FIRST)).isEqualTo(80);
        // a block more does not make room for what the garbage may have said
        assertThat(source.state()).isEqualTo(EventState.UNCERTAIN);
    }

    @Test
    void aRemovalThatCannotBeReadMakesUncertain() {
        var source = followed(false);
        source.live(0, engine.store(FIRST, 0, 4), now);
        source.live(1, EngineScript.removalOf(0xC3), now);
        assertThat(counts.count(Batch.MALFORMED)).isZero();
        assertThat(source.state()).isEqualTo(EventState.UNCERTAIN);
    }

    @Test
    void aRemovalOfNothingChangesNothing() {
        var source = followed(false);
        source.live(0, engine.store(FIRST, 0, 4), now);
        source.live(1, EngineScript.removalOf(), now);
        assertThat(source.state()).isEqualTo(EventState.COMPLETE);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aConnectionThatIsBackProvesNothingUntilABatchOrAReplayDoes(boolean replays) {
        var source = followed(replays);
        source.live(0, engine.store(FIRST, 0, 4), now);
        source.disconnected();
        source.connected(now);
        for (int attempt = 0; attempt < 3; attempt++) {
            assertThat(source.state()).isEqualTo(EventState.WAITING);
            now += EventSource.REPLAY_NANOS;
            source.tick(now);
        }
        assertThat(source.state()).isEqualTo(EventState.WAITING);
        source.live(1, engine.store(FIRST, 4, 10), now);
        assertThat(source.state()).isEqualTo(EventState.COMPLETE);
        assertThat(believed(FIRST)).isEqualTo(160);
        assertThat(counts.count(Incident.RESTART)).isZero();
    }

    @Test
    void anEngineThatIsSlowToSayWhatItSaidLastIsNotTakenForAnother() {
        var source = followed(true);
        byte[] last = engine.store(FIRST, 0, 4);
        source.live(0, last, now);
        source.disconnected();
        source.connected(now);
        assertThat(source.takeReplayRequest()).isZero();
        now += EventSource.REPLAY_NANOS;
        source.tick(now);
        assertThat(source.takeReplayRequest()).isZero();
        source.replayed(0, last, now);
        source.replayEnded(now);
        assertThat(counts.count(Incident.RESTART)).isZero();
        assertThat(believed(FIRST)).isEqualTo(64);
        assertThat(source.state()).isEqualTo(EventState.COMPLETE);
    }

    @Test
    void aBatchThatOvertakesTheAnswerToAReplayIsNoRestart() {
        var source = followed(true);
        byte[] last = engine.store(FIRST, 0, 4);
        source.live(0, last, now);
        source.disconnected();
        source.connected(now);
        assertThat(source.takeReplayRequest()).isZero();
        source.live(1, engine.store(FIRST, 4, 10), now);
        source.replayed(0, last, now);
        source.replayEnded(now);
        assertThat(counts.count(Incident.RESTART)).isZero();
        assertThat(believed(FIRST)).isEqualTo(160);
    }

    @Test
    void blocksThatCannotBeFollowedAreUncertainty() {
        var source = followed(false);
        source.live(0, engine.odd(), now);
        assertThat(source.state()).isEqualTo(EventState.UNCERTAIN);
    }

    @Test
    void tenThousandBlocksAreOneEvent() {
        var source = followed(false);
        int[] prompt = EngineScript.prompt(3, 160_001);
        source.live(0, engine.store(prompt, 0, 10_000), now);
        assertThat(believed(prompt)).isEqualTo(160_000);
        source.live(1, engine.remove(prompt, 0, 10_000), now);
        assertThat(believed(prompt)).isZero();
    }

    @Test
    void whatIsKeptWhileOthersAreMissingIsBounded() {
        var source = followed(false);
        source.live(0, engine.store(FIRST, 0, 4), now);
        byte[] batch = engine.store(FIRST, 4, 5);
        for (int number = 2; number <= KeptBatches.MOST + 2; number++) {
            source.live(number, batch, now);
        }
        assertThat(counts.count(Batch.OVERFLOWED)).isEqualTo(1);
        assertThat(source.state()).isEqualTo(EventState.UNCERTAIN);
    }
}
