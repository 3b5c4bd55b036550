package io.kvasir.prefix;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What is made of a prediction once the engine has told what it found. */
class PredictionTest {
    @Test
    void moreThanPredictedIsACopyLeftOnlyWhereBlocksHaveGone() {
        assertThat(Prediction.of(64, 128, true)).isEqualTo(Prediction.DUPLICATE_EVICTED);
        assertThat(Prediction.of(64, 128, false)).isEqualTo(Prediction.MORE_CACHED);
        assertThat(Prediction.of(0, 16, true).code()).isEqualTo("duplicate-evicted");
    }

    @Test
    void lessOrAsMuchAsPredictedIsNoCopy() {
        assertThat(Prediction.of(128, 64, true)).isEqualTo(Prediction.FEWER_CACHED);
        assertThat(Prediction.of(64, 64, true)).isEqualTo(Prediction.EXACT);
    }
}
