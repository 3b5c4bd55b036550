package io.kvasir.observe;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DigitsTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "0.123456789012345, 0.1235",
        "-12.3456789, -12.35",
        "0.000012345678, 0.00001235",
        "123456789, 123500000",
        "-1e14, -1e14",
        "NaN, NaN",
        "-Infinity, -Infinity"
    })
    void fourDigitsAreKept(double number, double kept) {
        assertThat(Double.valueOf(Digits.sensible(number))).isEqualTo(Double.valueOf(kept));
    }
}
