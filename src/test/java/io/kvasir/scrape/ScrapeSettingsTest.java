package io.kvasir.scrape;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ScrapeSettingsTest {
    @Test
    void theDefaultIsAdaptive() {
        var settings = ScrapeSettings.adaptive();

        assertThat(settings.activeInterval()).isEqualTo(Duration.ofMillis(50));
        assertThat(settings.idleInterval()).isEqualTo(Duration.ofSeconds(1));
        assertThat(settings.refreshAge()).isEqualTo(Duration.ofMillis(200));
    }

    @Test
    void aFixedIntervalIsTheSameForAll() {
        var settings = ScrapeSettings.fixed(Duration.ofMillis(100));

        assertThat(settings.activeInterval()).isEqualTo(settings.idleInterval()).isEqualTo(Duration.ofMillis(100));
    }

    @Test
    void aBadValueIsNamedWithWhatIsAllowed() {
        assertThatThrownBy(() -> ScrapeSettings.fixed(Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("activeInterval: bad value \"0s\"; allowed: 5ms to 60s");
        assertThatThrownBy(() -> ScrapeSettings.fixed(Duration.ofMinutes(2)))
                .hasMessage("activeInterval: bad value \"120s\"; allowed: 5ms to 60s");
        assertThatThrownBy(() -> ScrapeSettings.fixed(Duration.ofNanos(1500)))
                .hasMessage("activeInterval: bad value \"1500ns\"; allowed: 5ms to 60s");
    }
}
