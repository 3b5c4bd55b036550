package io.kvasir.load.study;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CapacitySearchTest {
    @ParameterizedTest
    @ValueSource(doubles = {0.3, 1, 1.7, 42, 999})
    void theGreatestRateThatIsBorneIsFoundWithinThreePerCentInFewTries(double capacity) {
        var tries = new AtomicInteger();
        double found = CapacitySearch.greatest(rate -> {
            tries.incrementAndGet();
            return rate <= capacity;
        });
        assertThat(found).isBetween(capacity / 1.03, capacity);
        assertThat(tries.get()).isLessThan(18);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.3, 36, 39.9, 40, 46, 999})
    void aRateNearTheOneThatIsExpectedIsFoundInFewerTriesAndAnyOtherToo(double capacity) {
        var tries = new AtomicInteger();
        double found = CapacitySearch.near(40, rate -> {
            tries.incrementAndGet();
            return rate <= capacity;
        });
        assertThat(found).isBetween(capacity / 1.03, capacity);
        assertThat(tries.get()).isLessThan(Math.abs(Math.log(capacity / 40)) < Math.log(1.16) ? 7 : 18);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void fromAnExpectedRateItEndsToo(boolean all) {
        assertThat(CapacitySearch.near(40, _ -> all)).isEqualTo(all ? 100_000 : 0.01);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void itEndsWhereEveryRateIsBorneOrNone(boolean all) {
        assertThat(CapacitySearch.greatest(_ -> all)).isEqualTo(all ? 100_000 : 0.01);
    }
}
