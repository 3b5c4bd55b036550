package io.kvasir.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** What decoding counts: the worked examples of docs/time-model.md. */
class DecodeWeightTest {
    private static final DecodeWeight TENTH = DecodeWeight.of(0.1, 0.05);

    @Test
    void anAnswerCountsWithTheSquareOfTheTimeBetweenItsTokens() {
        assertThat(TENTH.answer(300, 0.05)).isCloseTo(0.75, within(1e-9));
        assertThat(TENTH.answer(300, 0.01)).isCloseTo(0.03, within(1e-9));
        assertThat(TENTH.answer(0, 0.05)).isZero();
    }

    @Test
    void aFurtherSecondCountsTheWeightWhereTokensAreThatFarApartAndInProportionElsewhere() {
        double little = 1e-6;

        assertThat(TENTH.longer(0.05, little, 300) / little).isCloseTo(0.1, within(1e-6));
        assertThat(TENTH.longer(0.01, little, 300) / little).isCloseTo(0.02, within(1e-6));
    }

    @Test
    void whatAnAnswerCountsLongerIsTheDifferenceOfWhatItCounts() {
        // 300 tokens of 20 ms take three seconds longer: 30 ms each
        assertThat(TENTH.longer(0.02, 3, 300))
                .isCloseTo(TENTH.answer(300, 0.03) - TENTH.answer(300, 0.02), within(1e-9));
    }

    @Test
    void plainSecondsAreSeconds() {
        assertThat(DecodeWeight.SECONDS.answer(300, 0.02)).isCloseTo(6, within(1e-9));
        assertThat(DecodeWeight.SECONDS.longer(0.02, 3, 300)).isEqualTo(3);
    }

    @Test
    void theDefaultIsThatOfTheScorer() {
        assertThat(DecodeWeight.USUAL).isEqualTo(TENTH);
    }
}
