package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvasir.schedule.PdDecider;
import io.kvasir.schedule.Policy;
import org.junit.jupiter.api.Test;

class RoutingSettingsTest {
    private static RoutingSettings of(String... args) {
        return ServeFlags.of(args).routing();
    }

    @Test
    void whatIsNotGivenIsAsOtherPickersShipIt() {
        assertThat(of())
                .isEqualTo(new RoutingSettings(
                        Policy.TIME, false, null, new PdDecider.UncachedTokens(16, 0), false, 0, null, null, false));
    }

    @Test
    void decidersAreReadByName() {
        assertThat(of("--pd-decider", "never").decider()).isEqualTo(new PdDecider.Never());
        assertThat(of("--pd-decider=always", "--pd-cross-vendor"))
                .isEqualTo(new RoutingSettings(
                        Policy.TIME, false, null, new PdDecider.Always(), true, 0, null, null, false));
        assertThat(of("--pd-decider", "time").decider()).isEqualTo(new PdDecider.SoonerFirstToken());
        assertThat(of("--pd-uncached-tokens", "512", "--pd-prompt-tokens", "2000")
                        .decider())
                .isEqualTo(new PdDecider.UncachedTokens(512, 2000));
    }

    @Test
    void aShadowPolicyIsGivenByName() {
        assertThat(of("--shadow-policy", "least-load").shadow())
                .isEqualTo(new RoutingSettings.Shadowing(Policy.LEAST_LOAD));
        assertThatThrownBy(() -> of("--shadow-policy", "fair"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("shadow-policy: fair; allowed: " + Policy.allowed() + ", config");
    }

    @Test
    void badValuesAreNamedWithWhatIsAllowed() {
        assertThatThrownBy(() -> of("--pd-decider", "maybe"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("pd-decider")
                .hasMessageContaining("maybe")
                .hasMessageContaining("uncached-tokens, time, always or never");
        assertThatThrownBy(() -> of("--pd-uncached-tokens", "-1")).hasMessageContaining("pd-uncached-tokens");
        assertThatThrownBy(() -> of("--decision-log-share", "2"))
                .hasMessageContaining("decision-log-share")
                .hasMessageContaining("0 to 1");
    }
}
