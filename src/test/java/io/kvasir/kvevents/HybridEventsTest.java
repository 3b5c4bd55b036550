package io.kvasir.kvevents;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.kvevents.wire.EventDialect;
import io.kvasir.kvevents.wire.KvEventEncoder.Group;
import io.kvasir.kvevents.wire.KvEventEncoder.Layout;
import io.kvasir.pool.Tenancy;
import io.kvasir.prefix.KeysOfTokens;
import io.kvasir.prefix.PreciseView;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Events of models with several groups of layers: what is believed is what all of them hold, or is not believed at all. */
class HybridEventsTest {
    private static final int[] PROMPT = EngineScript.prompt(1, 161);
    /** As gpt-oss has it in vLLM: the first layer looks back over a window. */
    private static final Group WINDOW = new Group(0, "sliding_window", 48);

    private static final Group FULL = new Group(1, "full_attention", 0);

    private final PreciseView view = new PreciseView(4, 1);
    private final EventCounts counts = new EventCounts();
    private EngineScript engine = new EngineScript();
    private final EventSource source =
            new EventSource(view.cache(Tenancy.of(0, 1), 0, "m", false), EventDialect.VLLM, counts, false, 0);
    private long number;

    HybridEventsTest() {
        source.connected(0);
    }

    private void told(byte[] batch) {
        source.live(number++, batch, 0);
    }

    private int believed(int... prompt) {
        return KeysOfTokens.held(view, "m", prompt);
    }

    private void bothStored(int from, int to) {
        told(engine.add(WINDOW, PROMPT, from, to).add(FULL, PROMPT, from, to).batch());
    }

    @ParameterizedTest
    @EnumSource
    void whatAWindowHasPassedIsNotNeeded(Layout layout) {
        engine = new EngineScript(layout);
        bothStored(0, 4);
        bothStored(4, 10);
        assertThat(believed(PROMPT)).isEqualTo(160);
        told(engine.take(WINDOW, PROMPT, 0, 7).batch());
        assertThat(believed(PROMPT)).isEqualTo(160);
        told(engine.take(WINDOW, PROMPT, 8, 9).batch());
        assertThat(believed(PROMPT)).isZero();
        bothStored(0, 3);
        assertThat(believed(PROMPT)).isEqualTo(48);
        told(engine.take(FULL, PROMPT, 2, 3).batch());
        assertThat(believed(PROMPT)).isEqualTo(32);
        assertThat(source.state()).isEqualTo(EventState.COMPLETE);
        assertThat(counts.countUnknownGroups()).isZero();
    }

    @Test
    void blocksOfAWindowThatAreCachedInPartAreKnownByThoseOfTheOthers() {
        told(engine.add(WINDOW, PROMPT, 0, 10, 7).add(FULL, PROMPT, 0, 10).batch());
        assertThat(believed(PROMPT)).isEqualTo(160);
        assertThat(believed(EngineScript.prompt(1, 150))).isZero();
        assertThat(source.state()).isEqualTo(EventState.COMPLETE);
    }

    @Test
    void aStateIsNeededWhereThePrefixEnds() {
        var state = new Group(2, "mamba", 0);
        told(engine.add(FULL, PROMPT, 0, 10).add(state, PROMPT, 0, 5, 4).batch());
        assertThat(believed(PROMPT)).isEqualTo(80);
        told(engine.add(state, PROMPT, 5, 10, 9).batch());
        assertThat(believed(PROMPT)).isEqualTo(160);
        assertThat(believed(EngineScript.prompt(1, 150))).isEqualTo(80);
        told(engine.take(state, PROMPT, 9, 10).batch());
        assertThat(believed(PROMPT)).isEqualTo(80);
    }

    @Test
    void ofTwoGroupsThatAttendToAllBothAreNeeded() {
        var second = new Group(2, "mla_attention", 0);
        told(engine.add(FULL, PROMPT, 0, 10).add(second, PROMPT, 0, 10).batch());
        told(engine.take(second, PROMPT, 5, 6).batch());
        assertThat(believed(PROMPT)).isEqualTo(80);
        assertThat(source.state()).isEqualTo(EventState.COMPLETE);
    }

    @Test
    void aModelOfWindowsOnlyNeedsNoMore() {
        told(engine.add(WINDOW, PROMPT, 0, 10).batch());
        told(engine.take(WINDOW, PROMPT, 0, 7).batch());
        assertThat(believed(PROMPT)).isEqualTo(160);
        told(engine.take(WINDOW, PROMPT, 9, 10).batch());
        assertThat(believed(PROMPT)).isZero();
        assertThat(source.state()).isEqualTo(EventState.COMPLETE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"chunked_local_attention", "cross_attention", "unknown", "of_the_future"})
    void layersOfWhichNobodyKnowsWhatTheyNeedMakeTheEndpointUncertain(String kind) {
        told(engine.add(FULL, PROMPT, 0, 10).batch());
        assertThat(source.state()).isEqualTo(EventState.COMPLETE);
        told(engine.add(new Group(2, kind, 0), PROMPT, 0, 10).batch());
        assertThat(source.state()).isEqualTo(EventState.UNKNOWN_GROUPS);
        assertThat(source.state().coverage()).isZero();
        assertThat(counts.countUnknownGroups()).isEqualTo(1);
        told(engine.add(FULL, EngineScript.prompt(2, 161), 0, 10).batch());
        assertThat(source.state()).isEqualTo(EventState.UNKNOWN_GROUPS);
    }

    @Test
    void aWindowOfUnknownLengthIsUncertainty() {
        told(engine.add(FULL, PROMPT, 0, 10)
                .add(new Group(0, "sliding_window", 0), PROMPT, 0, 10)
                .batch());
        assertThat(source.state()).isEqualTo(EventState.UNKNOWN_GROUPS);
    }

    @Test
    void aGroupThatChangesItsKindIsUncertaintyUntilTheEngineRestarts() {
        bothStored(0, 10);
        told(engine.add(new Group(0, "sliding_window", 64), PROMPT, 0, 10).batch());
        assertThat(source.state()).isEqualTo(EventState.UNKNOWN_GROUPS);
        number = 0;
        told(engine.add(new Group(0, "sliding_window", 64), PROMPT, 0, 10)
                .add(FULL, PROMPT, 0, 10)
                .batch());
        assertThat(source.state()).isEqualTo(EventState.COMPLETE);
        assertThat(believed(PROMPT)).isEqualTo(160);
    }

    @Test
    void moreGroupsThanCanBeFollowedAreCountedAndNotBelieved() {
        told(engine.add(FULL, PROMPT, 0, 10).batch());
        for (int group = 2; group < 17; group++) {
            told(engine.add(new Group(group, "mamba", 0), PROMPT, 0, 10).batch());
        }
        assertThat(source.state()).isEqualTo(EventState.COMPLETE);
        for (int group = 17; group < 217; group++) {
            told(engine.add(new Group(group, "mamba", 0), PROMPT, 0, 10).batch());
        }
        assertThat(source.state()).isEqualTo(EventState.UNKNOWN_GROUPS);
        assertThat(counts.countUnknownGroups()).isEqualTo(200);
        number = 0;
        told(engine.add(new Group(300, "mamba", 0), PROMPT, 0, 10)
                .add(FULL, PROMPT, 0, 10)
                .batch());
        assertThat(source.state()).isEqualTo(EventState.COMPLETE);
    }

    @Test
    void aClearIsOfAllGroupsAndWhatFollowsInItsBatchIsNot() {
        bothStored(0, 10);
        told(engine.takeAll().add(WINDOW, PROMPT, 0, 4).add(FULL, PROMPT, 0, 5).batch());
        assertThat(believed(PROMPT)).isEqualTo(64);
        told(engine.add(WINDOW, PROMPT, 4, 5).takeAll().batch());
        assertThat(believed(PROMPT)).isZero();
        told(engine.add(FULL, PROMPT, 0, 5).batch());
        assertThat(believed(PROMPT)).isZero();
    }

    @Test
    void blocksOfAWindowWhosePlaceNobodyToldLeaveAPart() {
        told(engine.add(FULL, EngineScript.prompt(2, 32), 0, 2).batch());
        told(engine.add(WINDOW, PROMPT, 4, 6).batch());
        assertThat(source.state()).isEqualTo(EventState.PARTIAL);
        assertThat(believed(PROMPT)).isZero();
    }

    @Test
    void removalsOfGroupsThatToldNothingChangeNothing() {
        told(engine.add(FULL, PROMPT, 0, 10).batch());
        told(engine.take(new Group(5, "", 0), PROMPT, 0, 10).batch());
        assertThat(believed(PROMPT)).isEqualTo(160);
        assertThat(source.state()).isEqualTo(EventState.COMPLETE);
    }
}
