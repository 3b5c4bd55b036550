package io.kvasir.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HardwareCatalogueTest {
    private final HardwareCatalogue catalogue = HardwareCatalogue.load();

    private static EndpointSpec spec(String product, String partition) {
        return told(null, product, partition.isEmpty() ? null : partition);
    }

    private static EndpointSpec told(@Nullable String vendor, @Nullable String product, @Nullable String partition) {
        return EndpointSpec.builder("e", "10.0.0.1", 80)
                .vendor(vendor)
                .product(product)
                .partition(partition)
                .build();
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
        "Intel-Xeon-Platinum-8480, '', cpu",
        "AMD-EPYC-9654, '', cpu",
        "NVIDIA-A1000, '', nvidia-unknown",
        "AMD-Instinct-MI999X, '', amd-unknown",
        "Gaudi-9, '', intel-unknown",
        "Foo-9000, '', unknown"
    })
    void relativesAreToldApart(String product, String partition, String expected) {
        assertThat(catalogue.classOf(spec(product, partition)).name()).isEqualTo(expected);
    }

    @Test
    void aVendorAloneIsNotAnH100() {
        assertThat(catalogue.classOf(told("cpu", null, null)))
                .isEqualTo(catalogue.classOf(spec("CPU", "")))
                .satisfies(cpu -> assertThat(cpu.relativeCapacity()).isLessThan(0.05));
        for (String vendor : List.of("NVIDIA", "AMD", "intel", "Google", "aws")) {
            assertThat(catalogue.classOf(told(vendor, null, null))).satisfies(hardware -> {
                assertThat(hardware.vendor()).isEqualTo(vendor.toLowerCase(Locale.ROOT));
                assertThat(hardware.basis()).isEqualTo(HardwareClass.Basis.VENDOR);
                assertThat(hardware.known()).isFalse();
                assertThat(hardware.relativeCapacity()).isLessThan(0.6);
            });
        }
        assertThat(catalogue.classOf(told("NVIDIA", null, null)).flops())
                .isEqualTo(catalogue.classOf(told("AMD", null, null)).flops());
        assertThat(catalogue.classOf(told("cpu", "NVIDIA-Grace-9", null)).name())
                .isEqualTo("cpu");
    }

    @ParameterizedTest
    @CsvSource({
        "NVIDIA-H100-80GB-HBM3, 1g.99gb, h100-mig-1g.99gb, 0.143, 11.4",
        "NVIDIA-H100-80GB-HBM3, mig-2g.30gb.me, h100-mig-2g.30gb, 0.286, 30",
        "NVIDIA-H100-80GB-HBM3, 1c.3g.40gb, h100-mig-1c.3g.40gb, 0.143, 40",
        "NVIDIA-A30, 3g.18gb, a30-mig-3g.18gb, 0.111, 18",
        "AMD-Instinct-MI210, CPX_NPS4, mi210-cpx, 0.0076, 8",
        "AMD-Instinct-MI300A, dpx, mi300a-dpx, 0.33, 64"
    })
    void aSliceThatIsNotListedIsThePartThatItsNameSays(
            String product, String partition, String name, double capacity, double gigabytes) {
        var hardware = catalogue.classOf(spec(product, partition));
        assertThat(hardware.name()).isEqualTo(name);
        assertThat(hardware.basis()).isEqualTo(HardwareClass.Basis.SLICE_NAME);
        assertThat(hardware.relativeCapacity()).isCloseTo(capacity, withinPercentage(2));
        assertThat(hardware.memoryBytes() * 1e-9).isCloseTo(gigabytes, withinPercentage(2));
        var device = catalogue.classOf(spec(product, ""));
        assertThat(hardware.bandwidth()).isLessThan(0.8 * device.bandwidth());
    }

    @ParameterizedTest
    @CsvSource({
        "1g.18gb, h200-mig-1g.18gb, 0.13, 18, true",
        "1g.23gb, nvidia-mig-1g.23gb, 0.075, 23, false",
        "1g.10gb, nvidia-mig-1g.10gb, 0.075, 10, false",
        "1g.99gb, nvidia-mig-1g.99gb, 0.075, 99, false",
        "3g.20gb, a100-40gb-mig-3g.20gb, 0.12, 20, true",
        "cpx_nps4, amd-cpx, 0.066, 16, false"
    })
    void aSliceOfADeviceThatNobodyNamesIsReadFromItsOwnName(
            String partition, String name, double capacity, double gigabytes, boolean known) {
        for (String vendor : new String[] {null, partition.startsWith("cpx") ? "AMD" : "nvidia"}) {
            var hardware = catalogue.classOf(told(vendor, null, partition));
            assertThat(hardware.name()).isEqualTo(name);
            assertThat(hardware.known()).isEqualTo(known);
            assertThat(hardware.relativeCapacity()).isCloseTo(capacity, withinPercentage(5));
            assertThat(hardware.memoryBytes() * 1e-9).isCloseTo(gigabytes, withinPercentage(2));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"9g.99gb", "8g.80gb", "slice-7", "1g", "cpx9", "0g.10gb", "99999999999g.10gb"})
    void aSliceWhoseNameSaysNothingIsAtMostHalfItsDevice(String partition) {
        var hardware = catalogue.classOf(spec("NVIDIA-H100-80GB-HBM3", partition));
        assertThat(hardware.name()).isEqualTo("h100-slice");
        assertThat(hardware.known()).isFalse();
        assertThat(hardware.relativeCapacity()).isEqualTo(0.5);
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
