package io.kvasir.prefix;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.prefix.Prediction.Meanwhile;
import org.junit.jupiter.api.Test;

/** What is made of a prediction once the engine has told what it found. */
class PredictionTest {
    private static final Meanwhile EVICTS = new Meanwhile(false, false, false, true, false);

    @Test
    void moreThanPredictedIsACopyLeftOnlyWhereBlocksHaveGone() {
        assertThat(Prediction.of(64, 128, EVICTS)).isEqualTo(Prediction.DUPLICATE_EVICTED);
        assertThat(Prediction.of(64, 128, Meanwhile.NOTHING)).isEqualTo(Prediction.MORE_CACHED);
        assertThat(Prediction.of(0, 16, EVICTS).code()).isEqualTo("duplicate-evicted");
    }

    @Test
    void moreThanPredictedBesideOtherRequestsIsTheirs() {
        assertThat(Prediction.of(64, 128, new Meanwhile(false, false, true, true, false)))
                .isEqualTo(Prediction.STORED_MEANWHILE);
    }

    @Test
    void lessThanPredictedIsSaidToHaveGoneWhereTheEngineToldSo() {
        assertThat(Prediction.of(128, 64, EVICTS)).isEqualTo(Prediction.FEWER_CACHED);
        assertThat(Prediction.of(128, 64, new Meanwhile(false, true, true, true, false)))
                .isEqualTo(Prediction.EVICTED_MEANWHILE);
        assertThat(Prediction.of(128, 0, new Meanwhile(true, true, false, true, false)))
                .isEqualTo(Prediction.CLEARED_MEANWHILE);
    }

    @Test
    void lessThanPredictedOfWhatWasOnlySentIsNotStoredYet() {
        assertThat(Prediction.of(128, 64, new Meanwhile(false, false, true, true, true)))
                .isEqualTo(Prediction.NOT_STORED_YET);
    }

    @Test
    void asMuchAsPredictedIsExactWhateverHappened() {
        assertThat(Prediction.of(64, 64, new Meanwhile(true, true, true, true, false)))
                .isEqualTo(Prediction.EXACT);
    }
}
