package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuantitiesTest {
    @ParameterizedTest
    @CsvSource({
        "50ms, PT0.05S",
        "1.5s, PT1.5S",
        "1m30s, PT1M30S",
        "2h, PT2H",
        "0, PT0S",
        "100us, PT0.0001S",
        ".5s, PT0.5S",
        "3ns, PT0.000000003S"
    })
    void durationsAreThoseOfGo(String text, Duration duration) {
        assertThat(Quantities.duration(text)).isEqualTo(duration);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "5", "soon", "-1s", "1 s", "1d", "s", "99999999999999h"})
    void whatIsNoDurationIsNone(String text) {
        assertThat(Quantities.duration(text)).isNull();
    }

    @ParameterizedTest
    @CsvSource({"PT0S, 0s", "PT0.05S, 50ms", "PT90S, 90s", "PT1M, 1m", "PT24H, 24h"})
    void durationsAreShownShort(Duration duration, String text) {
        assertThat(Quantities.shown(duration)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({
        "4194304, 4194304",
        "10MiB, 10485760",
        "10Mi, 10485760",
        "25MB, 25000000",
        "25M, 25000000",
        "1.5Gi, 1610612736",
        "64k, 64000",
        "64K, 64000",
        "64KiB, 65536",
        "100B, 100"
    })
    void sizesAreThoseOfKubernetesWithOrWithoutAB(String text, double bytes) {
        assertThat(Quantities.bytes(text)).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "MiB", "-1", "1 MiB", "10XB", "1e3"})
    void whatIsNoSizeIsNone(String text) {
        assertThat(Quantities.bytes(text)).isNaN();
    }
}
