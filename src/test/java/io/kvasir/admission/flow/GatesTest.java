package io.kvasir.admission.flow;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** When an endpoint is taken for free: by the same books as prices. */
class GatesTest {
    private static final long SECOND = 1_000_000_000L;

    private final FlowFixture fixture = new FlowFixture(FlowSettings.DEFAULT, FlowFixture.gpu("a", 1, "NVIDIA-H200"));
    private final Gates gates = new Gates(fixture.time, 2 * SECOND);

    private boolean free(int inFlight, boolean inOnePiece) {
        var endpoint = fixture.endpoint("a");
        long now = fixture.clock.get();
        for (int i = 0; i < inFlight; i++) {
            endpoint.load().place(1, 1);
            if (inOnePiece) {
                endpoint.load().placePrefill(1_000, now);
                endpoint.load().placeUnseen(1, 1_000, now);
            }
        }
        return gates.free(endpoint, FlowFixture.MODEL, 0, now + SECOND);
    }

    @Test
    void answersInOnePieceMakeStepsLongOnceTheirPromptsShouldBeComputed() {
        assertThat(free(10, true)).isTrue();
        assertThat(free(2_000, true)).isFalse();
    }

    @Test
    void streamsMakeStepsLong() {
        assertThat(free(10, false)).isTrue();
        assertThat(free(2_000, false)).isFalse();
    }

    private boolean beginsWithTheNextStep(String product, int decoding, double prompt) {
        var one = new FlowFixture(FlowSettings.DEFAULT, FlowFixture.gpu("a", 1, product));
        var itsGates = new Gates(one.time, 2 * SECOND);
        var endpoint = one.endpoint("a");
        for (int i = 0; i < decoding; i++) {
            endpoint.load().place(500, 500);
        }
        if (prompt > 0) {
            one.busy("a", prompt * one.stepSeconds(endpoint));
        }
        long now = one.clock.get();
        return itsGates.promptSeconds(endpoint, FlowFixture.MODEL, 0, now)
                < itsGates.beginsSeconds(Gates.NEXT_STEP, endpoint, FlowFixture.MODEL, now);
    }

    @ParameterizedTest
    @ValueSource(strings = {"NVIDIA-H200", "NVIDIA-L4", "Intel-Xeon"})
    void whatMayBeBeforeWhoBeginsWithTheNextStepIsAStepOfThatEngine(String product) {
        assertThat(beginsWithTheNextStep(product, 0, 0)).isTrue();
        assertThat(beginsWithTheNextStep(product, 64, 0)).isTrue();
        assertThat(beginsWithTheNextStep(product, 0, 0.9)).isTrue();
        assertThat(beginsWithTheNextStep(product, 0, 1.5)).isFalse();
    }
}
