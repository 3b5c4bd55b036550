package io.kvasir.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PoolCapacitiesTest {
    private static final String H100 = "NVIDIA-H100-80GB-HBM3";
    private static final String B200 = "NVIDIA-B200";
    private static final String L4 = "NVIDIA-L4";

    private final Pool pool = new Pool(HardwareCatalogue.load());
    private final List<EndpointSpec> specs = new ArrayList<>();

    private void add(@Nullable String vendor, @Nullable String product, @Nullable String partition, double weight) {
        int port = specs.size() + 1;
        specs.add(EndpointSpec.builder("e" + port, "10.0.0.1", port)
                .vendor(vendor)
                .product(product)
                .partition(partition)
                .weight(weight)
                .build());
        pool.apply(specs);
    }

    private Endpoint at(int port) {
        return Objects.requireNonNull(pool.snapshot().byHostPort("10.0.0.1:" + port));
    }

    @Test
    void anUnknownProductCountsAsTheMedianOfThePoolAndNeverAsTheBest() {
        add(null, "Foo-9000", null, 0);
        add(null, B200, null, 0);
        add(null, L4, null, 0);
        assertThat(at(1).weight()).isEqualTo(at(3).weight());
        add(null, H100, null, 0);
        assertThat(at(1).weight()).isEqualTo(1);
        assertThat(at(1).hardware().name()).isEqualTo("unknown");
        assertThat(at(1).hardware().known()).isFalse();
    }

    @Test
    void anUnknownDeviceIsComparedWithItsVendorsWholeDevicesFirst() {
        add("AMD", null, null, 0);
        add("NVIDIA", "NVIDIA-X900", null, 0);
        add("cpu", null, null, 0);
        assertThat(at(1).hardware().flops()).isEqualTo(at(2).hardware().flops()).isEqualTo(470e12);
        add(null, L4, null, 0);
        add(null, H100, "1g.10gb", 0);
        assertThat(at(2).hardware().flops()).isEqualTo(at(4).hardware().flops());
        assertThat(at(1).hardware().flops()).isEqualTo(at(4).hardware().flops());
        add(null, "AMD-Instinct-MI300X", null, 0);
        assertThat(at(1).hardware().flops()).isEqualTo(at(6).hardware().flops());
        assertThat(at(1).hardware().name()).isEqualTo("amd-unknown");
    }

    @Test
    void aCpuIsACpuWhateverElseIsInThePool() {
        add("cpu", null, null, 0);
        add(null, B200, null, 0);
        add(null, B200, null, 0);
        assertThat(at(1).hardware().name()).isEqualTo("cpu");
        assertThat(at(1).weight()).isLessThan(0.05);
    }

    @Test
    void anUnreadableSliceIsTheMedianUnlessHalfItsDeviceIsLess() {
        add(null, B200, "odd", 0);
        assertThat(at(1).weight()).isCloseTo(1710 / 890.0 / 2, within(1e-9));
        add(null, L4, null, 0);
        assertThat(at(1).weight()).isEqualTo(at(2).weight());
        add(null, B200, null, 0);
        add(null, B200, null, 0);
        assertThat(at(1).weight()).isCloseTo(1710 / 890.0 / 2, within(1e-9));
    }

    @Test
    void whereNobodyTellsAnythingAllAreAlike() {
        add(null, null, null, 0);
        add(null, null, null, 0);
        assertThat(at(1).weight()).isEqualTo(at(2).weight());
        add("NVIDIA", null, null, 0);
        assertThat(at(1).weight()).isEqualTo(at(3).weight());
    }

    @Test
    void aWeightIsEvidenceForOthers() {
        add(null, null, null, 0.25);
        add(null, null, null, 0);
        assertThat(at(2).weight()).isEqualTo(0.25);
    }

    @Test
    void anEndpointKeepsItsBooksWhenTheMedianMoves() {
        add(null, "Foo-9000", null, 0);
        at(1).load().place(100, 10);
        int ordinal = at(1).ordinal();
        add(null, L4, null, 0);
        assertThat(at(1).load().promptTokens()).isEqualTo(100);
        assertThat(at(1).ordinal()).isEqualTo(ordinal);
        assertThat(at(1).weight()).isEqualTo(at(2).weight());
    }

    @Test
    void aWeightIsInH100sBesideReplicasWithout() {
        add(null, H100, null, 2);
        add(null, H100, null, 0);
        add(null, B200, null, 1);
        assertThat(at(1).speed()).isEqualTo(2);
        assertThat(at(2).speed()).isEqualTo(1);
        assertThat(at(3).speed()).isCloseTo(890 / 1710.0, within(1e-9));
    }

    @Test
    void whereAllHaveWeightsOnlyTheirRatiosCount() {
        add(null, H100, null, 300);
        add(null, H100, null, 100);
        assertThat(at(1).speed()).isEqualTo(3);
        assertThat(at(2).speed()).isEqualTo(1);
    }

    @Test
    void noWeightMakesACostInfinite() {
        add(null, H100, null, Double.MIN_VALUE);
        add(null, H100, null, 1e6);
        add(null, H100, null, 0);
        assertThat(at(1).speed()).isEqualTo(0.001);
        assertThat(at(2).speed()).isEqualTo(1000);
    }
}
