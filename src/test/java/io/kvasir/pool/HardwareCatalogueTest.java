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

    @ParameterizedTest
    @CsvSource({
        "NVIDIA-H100-PCIe, '', h100-pcie",
        "NVIDIA-H100-NVL, '', h100-nvl",
        "NVIDIA-H100-NVL, 1g.12gb, h100-mig-1g.12gb",
        "H100_NVLINK_80GB, '', h100",
        "NVIDIA-GH200-480GB, '', gh200",
        "NVIDIA-H200, 1g.18gb.me, h200-mig-1g.18gb",
        "NVIDIA-B200, 1g.23gb, b200-mig-1g.23gb",
        "NVIDIA-GB200, '', gb200",
        "NVIDIA-GB200, mig-3g.93gb, gb200-mig-3g.93gb",
        "A100-SXM4-40GB, '', a100-40gb",
        "A100-SXM4-40GB, 1g.5gb, a100-40gb-mig-1g.5gb",
        "nvidia-tesla-a100, '', a100-40gb",
        "NVIDIA-A100-80GB-PCIe, '', a100",
        "NVIDIA-A100-SXM4-80GB, 1g.10gb, a100-mig-1g.10gb",
        "NVIDIA-L40S, '', l40s",
        "NVIDIA-L4, '', l4",
        "NVIDIA-A10G, '', a10g",
        "AMD_Instinct_MI210, '', mi210",
        "AMD_Instinct_MI325_OAM, '', mi325x",
        "AMD_Instinct_MI300X_OAM, cpx_nps4, mi300x-cpx",
        "AMD_Instinct_MI300X_OAM, spx_nps1, mi300x",
        "AMD_Instinct_MI355X, QPX, mi355x-qpx",
        "Intel-Gaudi-2-96GB, '', gaudi2",
        "HL-325L, '', gaudi3",
        "NVIDIA-A1000, '', unknown",
        "NVIDIA-H100-80GB-HBM3, 9g.99gb, unknown",
        "Gaudi-9, '', unknown"
    })
    void relativesAreToldApart(String product, String partition, String expected) {
        assertThat(catalogue.classOf(spec(product, partition)).name()).isEqualTo(expected);
    }

    @Test
    void vendorsAreKnownByProduct() {
        assertThat(catalogue.vendorOf("AMD_Instinct_MI210")).isEqualTo("amd");
        assertThat(catalogue.vendorOf("gpu")).isNull();
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
