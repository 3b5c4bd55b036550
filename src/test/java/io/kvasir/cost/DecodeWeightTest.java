package io.kvasir.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** What decoding counts: the worked examples of docs/time-model.md. */
class DecodeWeightTest {
    private static final DecodeWeight TENTH = DecodeWeight.of(0.1, 0.05);

    private static double longer(DecodeWeight weight, double perToken, double seconds, double tokens) {
        var delays = new Delays();
        delays.add(1, perToken, seconds / tokens, tokens);
        return weight.count(delays);
    }

    @Test
    void anAnswerCountsWithTheSquareOfTheTimeBetweenItsTokens() {
        assertThat(TENTH.answer(300, 0.05)).isCloseTo(0.75, within(1e-9));
        assertThat(TENTH.answer(300, 0.01)).isCloseTo(0.03, within(1e-9));
        assertThat(TENTH.answer(0, 0.05)).isZero();
    }

    @Test
    void aFurtherSecondCountsTheWeightWhereTokensAreThatFarApartAndInProportionElsewhere() {
        double little = 1e-6;

        assertThat(longer(TENTH, 0.05, little, 300) / little).isCloseTo(0.1, within(1e-6));
        assertThat(longer(TENTH, 0.01, little, 300) / little).isCloseTo(0.02, within(1e-6));
    }

    @Test
    void whatAnAnswerCountsLongerIsTheDifferenceOfWhatItCounts() {
        // 300 tokens of 20 ms take three seconds longer: 30 ms each
        assertThat(longer(TENTH, 0.02, 3, 300))
                .isCloseTo(TENTH.answer(300, 0.03) - TENTH.answer(300, 0.02), within(1e-9));
    }

    @Test
    void delaysOfSeveralUsersAddUpUntilTheyAreCleared() {
        var delays = new Delays();
        delays.add(2, 0.02, 0.01, 300);
        delays.add(0.5, 0.05, 0.1, 10);

        assertThat(delays.seconds()).isCloseTo(6.5, within(1e-12));
        assertThat(TENTH.count(delays))
                .isCloseTo(2 * longer(TENTH, 0.02, 3, 300) + 0.5 * longer(TENTH, 0.05, 1, 10), within(1e-12));
        assertThat(new DecodeWeight(1, 0).count(delays)).isEqualTo(delays.seconds());
        delays.clear();
        assertThat(TENTH.count(delays)).isZero();
    }

    @Test
    void theDefaultIsThatOfTheScorer() {
        assertThat(DecodeWeight.USUAL).isEqualTo(DecodeWeight.of(0.1, 0.01, 0.05));
        assertThat(longer(DecodeWeight.USUAL, 0.05, 1e-6, 300) / 1e-6).isCloseTo(0.1, within(1e-6));
        assertThat(longer(DecodeWeight.USUAL, 0.01, 1e-6, 300) / 1e-6).isCloseTo(0.01 + 0.09 / 5, within(1e-6));
    }

    @Test
    void whoCountsDecodingForNothingCountsNoPartOfItEither() {
        assertThat(DecodeWeight.of(0, 0.01, 0.05)).isEqualTo(new DecodeWeight(0, 0));
        assertThat(DecodeWeight.of(0.005, 0.01, 0.05)).isEqualTo(new DecodeWeight(0.005, 0));
    }
}
