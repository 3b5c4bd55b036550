package io.kvasir.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RetryAfterTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    @Test
    void secondsAndDatesAreUnderstood() {
        assertThat(RetryAfter.seconds("7", NOW)).isEqualTo(7);
        assertThat(RetryAfter.seconds(" 1.5 ", NOW)).isEqualTo(1.5);
        assertThat(RetryAfter.seconds("Thu, 01 Jan 2026 00:00:20 GMT", NOW)).isEqualTo(20);
        assertThat(RetryAfter.seconds("Wed, 31 Dec 2025 00:00:00 GMT", NOW)).isZero();
        assertThat(RetryAfter.seconds(null, NOW)).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "-1",
                "soon",
                "NaN",
                "1,5",
                "99999999999999999999999999999999999999999999999999999999999999999"
            })
    void nonsenseSaysNothing(String text) {
        assertThat(RetryAfter.seconds(text, NOW)).isZero();
    }
}
