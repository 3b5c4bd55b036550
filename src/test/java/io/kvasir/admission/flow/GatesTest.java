package io.kvasir.admission.flow;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

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
}
