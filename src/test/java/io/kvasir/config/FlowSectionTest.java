package io.kvasir.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvasir.admission.flow.BandSettings;
import io.kvasir.admission.flow.FlowSettings;
import io.kvasir.admission.flow.Limits;
import io.kvasir.admission.flow.Ordering;
import io.kvasir.cost.ModelCatalogue;
import io.kvasir.cost.TimeModel;
import io.kvasir.schedule.PluginContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The section {@code flowControl} of an {@code EndpointPickerConfig}. */
class FlowSectionTest {
    private static PickerConfig read(byte[] content) throws InvalidConfigException {
        return new PickerConfigReader(new PluginContext(new TimeModel(ModelCatalogue.load())), false)
                .read("line", content);
    }

    private static PickerConfig.Flow text(String text) throws InvalidConfigException {
        return read(text.getBytes(UTF_8)).flow();
    }

    private static FlowSettings settings(String text) throws InvalidConfigException {
        return Objects.requireNonNull(text(text).settings());
    }

    @Test
    void allOfItMeansWhatItSays() throws Exception {
        var config = read(Files.readAllBytes(Path.of("src/test/resources/picker-configs/flow-control.yaml")));
        var settings = Objects.requireNonNull(config.flow().settings());

        assertThat(config.flow().gate()).isTrue();
        assertThat(settings.strict()).isTrue();
        assertThat(settings.reserve()).isZero();
        assertThat(settings.eviction()).isTrue();
        assertThat(settings.evictBegun()).isFalse();
        assertThat(settings.noEndpointSeconds()).isEqualTo(300);
        assertThat(settings.headroom()).isEqualTo(0.25);
        assertThat(settings.limits()).isEqualTo(new Limits(10_000, 2L << 30, Long.MAX_VALUE));
        assertThat(settings.band(100))
                .isEqualTo(new BandSettings(1, 30, Ordering.EDF, new Limits(1_000, 100_000_000, Long.MAX_VALUE)));
        assertThat(settings.band(10))
                .isEqualTo(new BandSettings(1, BandSettings.MOST_SECONDS, Ordering.FCFS, Limits.OF_BAND));
        assertThat(settings.band(7)).isEqualTo(new BandSettings(1, 30, Ordering.FCFS, Limits.OF_BAND));
        assertThat(settings.band(-1))
                .isEqualTo(new BandSettings(1, 30, Ordering.EDF, new Limits(20, 1_000_000_000, Long.MAX_VALUE)));
        assertThat(settings.tenants()).isEqualTo(FlowSettings.DEFAULT.tenants());
        assertThat(config.notices())
                .anyMatch(line -> line.contains("priority-holdback-policy: what minCeiling leaves"))
                .anyMatch(line -> line.contains("saturationDetector has no effect outside of a profile"))
                .noneMatch(line -> line.contains("without featureGates"));
    }

    @Test
    void whatItDoesNotSayIsTheFieldsDefault() throws InvalidConfigException {
        var settings = settings("featureGates: [flowControl]\nflowControl: {defaultRequestTTL: 20s}");

        assertThat(settings.band(0)).isEqualTo(new BandSettings(1, 20, Ordering.FCFS, Limits.OF_BAND));
        assertThat(settings.band(-5)).isEqualTo(settings.band(0));
        assertThat(settings.noEndpointSeconds()).isEqualTo(20);
        assertThat(settings.limits()).isEqualTo(Limits.NONE);
        assertThat(settings.eviction()).isFalse();
        assertThat(settings("flowControl: {}").band(3).longestWaitSeconds()).isEqualTo(60);
    }

    @Test
    void aSectionWithoutItsGateIsToldToHaveNoEffect() throws InvalidConfigException {
        var config = read("flowControl: {maxRequests: 5}".getBytes(UTF_8));

        assertThat(config.flow().gate()).isNull();
        assertThat(config.notices())
                .containsExactly("line:1: flowControl: has no effect without featureGates: [flowControl]");
        assertThat(text("featureGates: [flowControl=false]").gate()).isFalse();
        assertThat(text("plugins: []")).isEqualTo(PickerConfig.Flow.NONE);
    }

    @Test
    void tenantsAreOneWhereAllThatIsSaidOfFairnessIsThatThereIsNone() throws InvalidConfigException {
        assertThat(settings("flowControl: {defaultPriorityBand: {fairnessPolicyRef: global-strict-fairness-policy}}")
                        .tenants())
                .isEqualTo(1);
        assertThat(settings("flowControl: {defaultPriorityBand: {fairnessPolicyRef: round-robin-fairness-policy}}")
                        .tenants())
                .isEqualTo(FlowSettings.DEFAULT.tenants());
    }

    /** Kubernetes' quantities, rounded up as there. */
    @ParameterizedTest
    @CsvSource({
        "5, 5",
        "1_000, 1000",
        "1.5Gi, 1610612736",
        ".5k, 500",
        "2.2e2, 220",
        "1.005k, 1005",
        "1500m, 2",
        "1e3, 1000",
        "1E, 1000000000000000000",
        "7Ei, 8070450532247928832",
        "9223372036854775807, 9223372036854775807",
        "0.0001, 1"
    })
    void amountsAreWhatKubernetesTakesThemFor(String written, long amount) throws Exception {
        var config = read(("flowControl: {maxBytes: " + written + "}").getBytes(UTF_8));
        assertThat(Objects.requireNonNull(config.flow().settings()).limits().bytes())
                .isEqualTo(amount);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        flowControl: {maxRequest: 5} | line:1: flowControl.maxRequest: unknown key, did you mean maxRequests?
        flowControl: {maxBytes: 5X}  | line:1: flowControl.maxBytes: bad value "5X"; allowed: a whole number, with
        flowControl: {defaultRequestTTL: 30} | line:1: flowControl.defaultRequestTTL: bad value "30"; allowed: a duration
        flowControl: {enableEviction: maybe} | line:1: flowControl.enableEviction: bad value "maybe"; allowed: true, false
        flowControl: {priorityBands: [{priority: 1}, {priority: 1}]} | line:1: flowControl.priorityBands[1].priority: a second band
        flowControl: {priorityBands: [{orderingPolicyRef: lifo}]} | line:1: flowControl.priorityBands[0].orderingPolicyRef: no plug-in is named "lifo"
        flowControl: {defaultPriorityBand: {orderingPolicyRef: program-aware-fairness}} | line:1: flowControl.defaultPriorityBand.orderingPolicyRef: no plug-in
        """)
    void whatIsWrongIsToldWithLineKeyAndWhatIsAllowed(String text, String message) {
        assertThatThrownBy(() -> text(text))
                .isInstanceOf(InvalidConfigException.class)
                .hasMessageStartingWith(message);
    }
}
