package io.kvasir.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.kvasir.discovery.hardware.HardwareIdentity;
import io.kvasir.discovery.hardware.IdentifiedEndpoint;
import io.kvasir.discovery.hardware.Sharing;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.PickReason;
import io.kvasir.pool.Pool;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HardwareMetricsTest {
    private static final long SECOND = 1_000_000_000L;

    private final AtomicLong clock = new AtomicLong(1);
    private final Pool pool = new Pool(HardwareCatalogue.load());
    private final HardwareTraffic traffic = new HardwareTraffic(clock::get);
    private final UnknownHardware unknown = new UnknownHardware();

    @BeforeEach
    void listen() {
        pool.listen(traffic);
        pool.listen(unknown);
    }

    private static EndpointSpec on(@Nullable String product, @Nullable String partition, int sharing, int port) {
        return IdentifiedEndpoint.of(
                new HardwareIdentity(
                        "nvidia",
                        product,
                        partition,
                        1,
                        sharing,
                        sharing == 1 ? Sharing.NONE : Sharing.MPS,
                        HardwareIdentity.Source.NODE,
                        Set.of()),
                "e" + port,
                port);
    }

    private void pick(int port, int times, long tokens) {
        var endpoint = Objects.requireNonNull(pool.snapshot().byHostPort("10.0.0.1:" + port));
        for (int i = 0; i < times; i++) {
            endpoint.picks().count(PickReason.BEST_SCORE, tokens);
        }
    }

    /** The value of a sample whose label values are these, NaN if it is absent. */
    private double value(String name, String... labels) {
        var families = new Families(new Families.Overflow());
        traffic.describe(families);
        unknown.describe(families);
        return families.all().stream()
                .flatMap(family -> family.samples.stream())
                .filter(sample -> sample.name.equals(name) && sample.labelValues.equals(List.of(labels)))
                .mapToDouble(sample -> sample.value)
                .findFirst()
                .orElse(Double.NaN);
    }

    @Test
    void aSharedDeviceIsThatPartOfTheCapacity() {
        pool.apply(List.of(on("NVIDIA-H100-80GB-HBM3", null, 1, 1), on("NVIDIA-H200", null, 4, 2)));
        assertThat(value("kvasir_hardware_capacity_share", "h100")).isCloseTo(0.8, within(1e-9));
        assertThat(value("kvasir_hardware_capacity_share", "h200")).isCloseTo(0.2, within(1e-9));
    }

    @Test
    void anEndpointThatIsDownIsNoCapacity() {
        pool.apply(List.of(on("NVIDIA-H100-80GB-HBM3", null, 1, 1), on("NVIDIA-H200", null, 1, 2)));
        pool.snapshot().at(0).health().connectFailed();
        assertThat(value("kvasir_hardware_capacity_share", "h100")).isZero();
        assertThat(value("kvasir_hardware_capacity_share", "h200")).isEqualTo(1);
    }

    @Test
    void trafficIsSharedByRequestsAndByPromptTokens() {
        pool.apply(List.of(on("NVIDIA-H100-80GB-HBM3", null, 1, 1), on("NVIDIA-H200", null, 1, 2)));
        assertThat(value("kvasir_hardware_traffic_share", "h100", "requests")).isNaN();
        pick(1, 3, 100);
        pick(2, 1, 900);
        assertThat(value("kvasir_hardware_picks_total", "h100")).isEqualTo(3);
        assertThat(value("kvasir_hardware_prompt_tokens_total", "h200")).isEqualTo(900);
        assertThat(value("kvasir_hardware_traffic_share", "h100", "requests")).isEqualTo(0.75);
        assertThat(value("kvasir_hardware_traffic_share", "h100", "prompt-tokens"))
                .isEqualTo(0.25);
    }

    @Test
    void oldTrafficLeavesTheWindow() {
        pool.apply(List.of(on("NVIDIA-H100-80GB-HBM3", null, 1, 1), on("NVIDIA-H200", null, 1, 2)));
        pick(1, 10, 1);
        value("");
        for (int look = 0; look < 30; look++) {
            clock.addAndGet(5 * SECOND);
            pick(2, 1, 1);
            value("");
        }
        assertThat(value("kvasir_hardware_traffic_share", "h100", "requests")).isZero();
        assertThat(value("kvasir_hardware_traffic_share", "h200", "requests")).isEqualTo(1);
        clock.addAndGet(5 * SECOND);
        pick(1, 11, 1);
        assertThat(value("kvasir_hardware_traffic_share", "h100", "requests")).isCloseTo(0.5, within(0.01));
    }

    @Test
    void countsOutlastEndpointsAndChangesOfHardware() {
        pool.apply(List.of(on("NVIDIA-H100-80GB-HBM3", null, 1, 1)));
        pick(1, 5, 1);
        pool.apply(List.of(on("NVIDIA-H100-80GB-HBM3", "1g.10gb", 1, 1)));
        pick(1, 2, 1);
        assertThat(value("kvasir_hardware_picks_total", "h100")).isEqualTo(5);
        assertThat(value("kvasir_hardware_picks_total", "h100-mig-1g.10gb")).isEqualTo(2);
        pool.apply(List.of());
        assertThat(value("kvasir_hardware_picks_total", "h100")).isEqualTo(5);
        assertThat(value("kvasir_hardware_picks_total", "h100-mig-1g.10gb")).isEqualTo(2);
        pool.apply(List.of(on("NVIDIA-H100-80GB-HBM3", null, 1, 1)));
        assertThat(value("kvasir_hardware_picks_total", "h100")).isEqualTo(5);
    }

    @Test
    void unknownHardwareIsOnThePageWhileItIsInThePool() {
        pool.apply(List.of(on("Gaudi-9", null, 1, 1), on("Gaudi-9", null, 1, 2), on(null, null, 1, 3)));
        assertThat(value("kvasir_unknown_hardware", "Gaudi-9")).isEqualTo(2);
        assertThat(value("kvasir_unknown_hardware", "not-told/nvidia")).isEqualTo(1);
        pool.apply(List.of(on("NVIDIA-H200", null, 1, 1), on("NVIDIA-H200", "9g.9gb", 1, 2)));
        assertThat(value("kvasir_unknown_hardware", "Gaudi-9")).isNaN();
        assertThat(value("kvasir_unknown_hardware", "NVIDIA-H200/9g.9gb")).isEqualTo(1);
    }

    @Test
    void manyUnknownProductsAreOneAfterAWhile() {
        var specs = new ArrayList<EndpointSpec>();
        for (int i = 1; i <= UnknownHardware.MOST + 10; i++) {
            specs.add(on("Gaudi-" + (1000 + i), null, 1, i));
        }
        pool.apply(specs);
        assertThat(value("kvasir_unknown_hardware", "Gaudi-1001")).isEqualTo(1);
        assertThat(value("kvasir_unknown_hardware", "other")).isEqualTo(10);
        // and those that are gone take nobody's place
        pool.apply(List.of(on("Gaudi-9999", null, 1, 1)));
        assertThat(value("kvasir_unknown_hardware", "Gaudi-9999")).isEqualTo(1);
        assertThat(value("kvasir_unknown_hardware", "other")).isNaN();
    }
}
