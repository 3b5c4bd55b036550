package io.kvasir.prefix;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BlindnessTest {
    private final Blindness blindness = new Blindness();

    private void observe(int times, int predicted, int cached) {
        for (int i = 0; i < times; i++) {
            blindness.observe(predicted, cached, 32);
        }
    }

    @Test
    void whoMissesMostOfWhatIsFoundIsBlindUntilItIsTriedAgain() {
        observe(Blindness.JUDGED - 1, 0, 512);
        assertThat(blindness.isBlind()).isFalse();
        observe(1, 0, 512);
        assertThat(blindness.isBlind()).isTrue();
        for (int i = 0; i < Blindness.RESTS; i++) {
            assertThat(blindness.isBlind()).isTrue();
            blindness.passedOver();
        }
        assertThat(blindness.isBlind()).isFalse();
        observe(10 * Blindness.JUDGED, 512, 512);
        assertThat(blindness.isBlind()).isFalse();
    }

    @Test
    void someSurprisesAndColdCachesProveNothing() {
        observe(1000, 0, 16);
        observe(1000, 512, 0);
        for (int i = 0; i < 100; i++) {
            observe(1, 0, 512);
            observe(1, 512, 512);
        }
        assertThat(blindness.isBlind()).isFalse();
    }

    @Test
    void whoDoesNotTellOfMostOfWhatIsSentIsBlindUntilItDoes() {
        for (int i = 0; i < Blindness.JUDGED; i++) {
            assertThat(blindness.isBlind()).isFalse();
            blindness.sent(i >= Blindness.JUDGED / 3);
        }
        assertThat(blindness.isUnconfirmed()).isTrue();
        assertThat(blindness.isUnmatched()).isFalse();
        for (int i = 0; i < 2 * Blindness.RESTS; i++) {
            blindness.passedOver();
        }
        assertThat(blindness.isBlind()).isTrue();
        for (int i = 0; i < Blindness.JUDGED; i++) {
            assertThat(blindness.isBlind()).isTrue();
            blindness.sent(false);
        }
        assertThat(blindness.isBlind()).isFalse();
    }

    @Test
    void whatIsToldAnewIsBelievedAnew() {
        observe(Blindness.JUDGED, 0, 512);
        blindness.forget();
        assertThat(blindness.isBlind()).isFalse();
    }
}
