package io.kvasir.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HardwareCatalogueTest {
    private final HardwareCatalogue catalogue = HardwareCatalogue.load();

    private static EndpointSpec spec(String product, String partition) {
        return new EndpointSpec(
                "e",
                "10.0.0.1",
                80,
                Map.of(),
                Role.BOTH,
                null,
                product,
                partition.isEmpty() ? null : partition,
                1,
                1,
                EngineKind.VLLM,
                null,
                List.of(),
                0,
                0,
                80,
                null,
                0);
    }

    @ParameterizedTest
    @CsvSource({
        "NVIDIA-H200, '', h200",
        "NVIDIA-H100-80GB-HBM3, '', h100",
        "NVIDIA H100 80GB HBM3, 1g.10gb, h100-mig-1g.10gb",
        "AMD_Instinct_MI300X_OAM, CPX, mi300x-cpx",
        "AMD-Instinct-MI350X, '', mi350x",
        "CPU, '', cpu"
    })
    void productsAreKnownByTheNamesThatDevicePluginsGive(String product, String partition, String expected) {
        assertThat(catalogue.classOf(spec(product, partition)).name()).isEqualTo(expected);
    }

    @Test
    void anUnknownProductIsToldOnceAndTakenAsUnknown() {
        assertThat(catalogue.classOf(spec("Gaudi-9", ""))).isSameAs(HardwareClass.unknown());
        catalogue.classOf(spec("Gaudi-9", ""));
        assertThat(catalogue.unknownProducts()).containsExactly("Gaudi-9");
    }

    @Test
    void everyClassHasPositiveRates() {
        assertThat(catalogue.classes()).isNotEmpty().allSatisfy(hardware -> {
            assertThat(hardware.bandwidth()).isPositive();
            assertThat(hardware.flops()).isPositive();
            assertThat(hardware.memoryBytes()).isPositive();
        });
    }
}
