package io.kvasir.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvasir.admission.flow.BandSettings;
import io.kvasir.admission.flow.FlowSettings;
import io.kvasir.admission.flow.Limits;
import io.kvasir.admission.flow.Ordering;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The file of flow control. */
class FlowControlReaderTest {
    private static FlowSettings read(String text) throws InvalidConfigException {
        return FlowControlReader.read("flow.yaml", text.getBytes(UTF_8));
    }

    @Test
    void everyKeyIsRead() throws InvalidConfigException {
        var settings = read("""
                hold: 800ms
                lowerHold: 50ms
                headroom: 0.2
                keepFree: false
                strict: true
                reserve: 0.25
                promotion: 0.75
                noEndpointWait: 5m
                maxRequests: 20k
                maxBytes: 1Gi
                maxTokens: 50M
                halfLife: 2m
                tenants: 100
                sessions: 200
                eviction: true
                evictBegun: true
                otherBands: {weight: 2, longestWait: 30s}
                negativeBands: {maxRequests: 10}
                bands:
                - {priority: 100, weight: 8, longestWait: 10s, ordering: edf, maxRequests: 100, maxBytes: 1M, maxTokens: 5k}
                - {priority: 10, ordering: fcfs}
                """);

        var others = new BandSettings(2, 30, Ordering.SHORTEST, Limits.OF_BAND);
        assertThat(settings.holdSeconds()).isEqualTo(0.8);
        assertThat(settings.lowerHoldSeconds()).isEqualTo(0.05);
        assertThat(settings.headroom()).isEqualTo(0.2);
        assertThat(settings.keepFree()).isFalse();
        assertThat(settings.strict()).isTrue();
        assertThat(settings.reserve()).isEqualTo(0.25);
        assertThat(settings.promotion()).isEqualTo(0.75);
        assertThat(settings.noEndpointSeconds()).isEqualTo(300);
        assertThat(settings.limits()).isEqualTo(new Limits(20_000, 1L << 30, 50_000_000));
        assertThat(settings.halfLifeSeconds()).isEqualTo(120);
        assertThat(settings.tenants()).isEqualTo(100);
        assertThat(settings.sessions()).isEqualTo(200);
        assertThat(settings.eviction()).isTrue();
        assertThat(settings.evictBegun()).isTrue();
        assertThat(settings.band(100))
                .isEqualTo(new BandSettings(8, 10, Ordering.EDF, new Limits(100, 1_000_000, 5_000)));
        assertThat(settings.band(10)).isEqualTo(new BandSettings(2, 30, Ordering.FCFS, Limits.OF_BAND));
        assertThat(settings.band(0)).isEqualTo(others);
        assertThat(settings.band(-1).limits().requests()).isEqualTo(10);
    }

    @Test
    void whatIsNotSaidIsTheDefault() throws InvalidConfigException {
        assertThat(read("")).isEqualTo(FlowSettings.DEFAULT);
        assertThat(read("{}")).isEqualTo(FlowSettings.DEFAULT);
        assertThat(read("lowerHold: 0s").lowerHoldSeconds())
                .as("a step of the engine")
                .isZero();
        assertThat(read("otherBands: {weight: 3}").band(-1).weight())
                .as("as other bands, unless it says more")
                .isEqualTo(3);
        assertThat(read("otherBands: {ordering: edf}").band(-1).ordering())
                .as("an order that is said is for all")
                .isEqualTo(Ordering.EDF);
        assertThat(read("otherBands: {ordering: shortest}").band(-1).ordering())
                .as("though it is the usual one")
                .isEqualTo(Ordering.SHORTEST);
        assertThat(read("otherBands: {weight: 3}").band(-1).ordering())
                .as("what nobody looks at, in its turn")
                .isEqualTo(Ordering.FCFS);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        []                        | flow.yaml:1: not a mapping; allowed keys: hold,
        holt: 1s                  | flow.yaml:1: holt: unknown key, did you mean hold?
        hold: 1                   | flow.yaml:1: hold: bad value "1"; allowed: a duration such as
        hold: 1h                  | flow.yaml:1: hold: bad value "3600.0"; allowed: 0.001 to 600
        lowerHold: 100us          | flow.yaml:1: lowerHold: bad value "1.0E-4"; allowed: 0, or 0.001 to 600
        headroom: 1               | flow.yaml:1: headroom: bad value "1"; allowed:
        bands: [{weight: 1}]      | flow.yaml:1: bands[0].priority: missing; required: priority
        bands: [{priority: x}]    | flow.yaml:1: bands[0].priority: bad value "x"; allowed:
        bands: [5]                | flow.yaml:1: bands[0]: not a mapping; allowed: {priority, weight,
        bands: [{priority: 1}, {priority: 1}] | flow.yaml:1: bands[1].priority: a second band of priority 1
        bands: [{priority: 1, ordering: lifo}] | flow.yaml:1: bands[0].ordering: bad value "lifo"; allowed: fcfs, edf, shortest
        otherBands: {priority: 1} | flow.yaml:1: otherBands.priority: unknown key
        """)
    void whatIsWrongIsToldWithLineKeyAndWhatIsAllowed(String text, String message) {
        assertThatThrownBy(() -> read(text))
                .isInstanceOf(InvalidConfigException.class)
                .hasMessageStartingWith(message);
    }
}
