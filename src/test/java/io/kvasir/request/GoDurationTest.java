package io.kvasir.request;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Durations as {@code time.ParseDuration} of Go reads them. */
class GoDurationTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "1ns, 1",
        "1us, 1000",
        "1µs, 1000",
        "1500ms, 1500000000",
        "1m30s, 90000000000",
        ".5h, 1800000000000",
        "1.s, 1000000000",
        "1h0.5m, 3630000000000"
    })
    void whatGoWritesIsRead(String text, long nanos) {
        assertThat(GoDuration.nanos(text)).isEqualTo(nanos);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1", "s", ".s", "1 s", "-1s", "1d", "1ms2", "999999999h", "1e3s"})
    void allElseIsNone(String text) {
        assertThat(GoDuration.nanos(text)).isEqualTo(GoDuration.NONE);
    }
}
