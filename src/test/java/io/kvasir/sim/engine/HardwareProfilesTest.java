package io.kvasir.sim.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import org.junit.jupiter.api.Test;

class HardwareProfilesTest {
    private final HardwareProfiles profiles = HardwareProfiles.load();

    private HardwareProfile device(String name) {
        return Objects.requireNonNull(profiles.devices().get(name));
    }

    @Test
    void theModelFitsOnEveryDeviceInEveryBlockSize() {
        assertThat(profiles.devices()).containsKeys("h100", "h200", "b200", "mi300x", "mi350x", "mig-1g", "cpx", "cpu");
        for (var device : profiles.devices().values()) {
            for (int size : new int[] {0, 1, 16, 32, 64, 128}) {
                var limits = device.limits(profiles.model(), size);
                assertThat((long) limits.blocks() * limits.blockSize()).isGreaterThanOrEqualTo(limits.maxModelLength());
            }
        }
    }

    @Test
    void kvTokensFollowFromMemory() {
        assertThat(device("h100").kvTokens(profiles.model())).isBetween(460_000L, 470_000L);
        assertThat(device("h200").kvTokens(profiles.model())).isBetween(880_000L, 890_000L);
    }

    @Test
    void aSeedPerturbsEachClassByItsOwnBoundedFactors() {
        for (var device : profiles.devices().values()) {
            for (long seed = 0; seed < 50; seed++) {
                var changed = device.perturbed(seed);
                assertThat(changed).isEqualTo(device.perturbed(seed));
                assertThat(changed.flopsShare() / device.flopsShare()).isBetween(0.8, 1.25);
                assertThat(changed.bandwidthShare() / device.bandwidthShare()).isBetween(0.8, 1.25);
                assertThat(changed.kvTokens(profiles.model())).isEqualTo(device.kvTokens(profiles.model()));
            }
        }
        var h100 = device("h100");
        var h200 = device("h200");
        assertThat(h100.perturbed(1).flopsShare())
                .isNotEqualTo(h200.perturbed(1).flopsShare());
        assertThat(h100.perturbed(1)).isNotEqualTo(h100.perturbed(2));
    }
}
