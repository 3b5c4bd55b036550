package io.kvasir.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.pool.EndpointHealth.Standing;
import io.kvasir.pool.EndpointHealth.State;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The table of states and events. */
class HealthStateTest {
    private static final long SECOND = 1_000_000_000;
    private static final long THEN = SECOND;
    /** When the first time of an outlier, 5 s, is over. */
    private static final long NOW = THEN + 5 * SECOND;

    private static final Map<String, HealthState> STATES = new LinkedHashMap<>();

    static {
        var up = HealthState.UNKNOWN.answered();
        STATES.put("unknown", HealthState.UNKNOWN);
        STATES.put("up", up);
        STATES.put("ejected", up.eject(NOW));
        STATES.put("over", up.eject(THEN));
        STATES.put("trial", up.eject(THEN).served(NOW));
        STATES.put("down", up.connectRefused());
        STATES.put("down outlier", up.eject(THEN).connectRefused());
    }

    private static final Map<String, UnaryOperator<HealthState>> EVENTS = Map.ofEntries(
            Map.entry("answered", HealthState::answered),
            Map.entry("served", state -> state.served(NOW)),
            Map.entry("served 3", state -> state.served(NOW).served(NOW).served(NOW)),
            Map.entry("failed", state -> state.failed(NOW)),
            Map.entry("refused", state -> state.refusedRequest(NOW)),
            Map.entry("pressed", state -> state.pressed(0, NOW)),
            Map.entry("eject", state -> state.eject(NOW)),
            Map.entry("connect refused", HealthState::connectRefused),
            Map.entry("probe passed", HealthState::probePassed),
            Map.entry("probe failed", state -> state.probeFailed(false)),
            Map.entry("probe failed 2", state -> state.probeFailed(false).probeFailed(true)),
            Map.entry(
                    "probe failed 3",
                    state -> state.probeFailed(true).probeFailed(true).probeFailed(false)),
            Map.entry("placed", state -> state.placed(NOW)));

    private static HealthState state(String name) {
        return Objects.requireNonNull(STATES.get(name));
    }

    @ParameterizedTest
    @CsvSource(useHeadersInDisplayName = true, delimiter = '|', textBlock = """
                    event           | unknown | up      | ejected | over    | trial   | down    | down outlier
                    answered        | UP      | UP      | EJECTED | EJECTED | TRIAL   | DOWN    | DOWN
                    served          | UNKNOWN | UP      | EJECTED | TRIAL   | TRIAL   | DOWN    | DOWN
                    served 3        | UNKNOWN | UP      | EJECTED | UP      | UP      | DOWN    | DOWN
                    failed          | UNKNOWN | UP      | EJECTED | EJECTED | TRIAL   | DOWN    | DOWN
                    refused         | UNKNOWN | UP      | EJECTED | EJECTED | TRIAL   | DOWN    | DOWN
                    pressed         | UNKNOWN | UP      | EJECTED | EJECTED | TRIAL   | DOWN    | DOWN
                    eject           | EJECTED | EJECTED | EJECTED | EJECTED | EJECTED | DOWN    | DOWN
                    connect refused | DOWN    | DOWN    | DOWN    | DOWN    | DOWN    | DOWN    | DOWN
                    probe passed    | UP      | UP      | EJECTED | EJECTED | TRIAL   | UP      | TRIAL
                    probe failed    | UNKNOWN | UP      | EJECTED | EJECTED | TRIAL   | DOWN    | DOWN
                    probe failed 2  | UNKNOWN | UP      | EJECTED | EJECTED | TRIAL   | DOWN    | DOWN
                    probe failed 3  | DOWN    | DOWN    | DOWN    | DOWN    | DOWN    | DOWN    | DOWN
                    placed          | UNKNOWN | UP      | EJECTED | EJECTED | TRIAL   | DOWN    | DOWN
                    """)
    void anEventLeadsTo(
            String event, State unknown, State up, State ejected, State over, State trial, State down, State outlier) {
        var expected = new State[] {unknown, up, ejected, over, trial, down, outlier};
        int i = 0;
        for (var from : STATES.entrySet()) {
            assertThat(Objects.requireNonNull(EVENTS.get(event))
                            .apply(from.getValue())
                            .state())
                    .as("%s, when %s", event, from.getKey())
                    .isEqualTo(expected[i++]);
        }
    }

    @Test
    void whatChangesNothingIsTheSameState() {
        var up = state("up");
        var down = state("down");
        assertThat(up.answered()).isSameAs(up);
        assertThat(up.placed(NOW)).isSameAs(up);
        assertThat(up.probePassed()).isSameAs(up);
        assertThat(down.connectRefused()).isSameAs(down);
        assertThat(down.eject(NOW)).isSameAs(down);
        assertThat(state("ejected").eject(NOW)).isSameAs(state("ejected"));
    }

    @Test
    void onlyWhatTakesItOutIsCounted() {
        for (var from : STATES.values()) {
            EVENTS.forEach((event, of) -> {
                var after = of.apply(from);
                long taken = after.ejections().refused()
                        + after.ejections().silent()
                        + after.ejections().outlier()
                        - from.ejections().refused()
                        - from.ejections().silent()
                        - from.ejections().outlier();
                boolean out = event.equals("eject")
                        ? !after.equals(from)
                        : after.state() == State.DOWN && from.state() != State.DOWN;
                assertThat(taken).as(event).isEqualTo(out ? 1 : 0);
            });
        }
    }

    @Test
    void aTrialInFlightKeepsOthersAwayUntilItHasServedOrEnded() {
        var placed = state("over").placed(NOW);
        assertThat(placed.standing(NOW)).isEqualTo(Standing.EJECTED);
        assertThat(placed.trialEnded().standing(NOW)).isEqualTo(Standing.GOOD);
        assertThat(placed.served(NOW).standing(NOW)).isEqualTo(Standing.GOOD);
        assertThat(placed.served(NOW).placed(NOW).standing(NOW)).isEqualTo(Standing.EJECTED);
        // a trial that outlasts what came of it is still taken back
        assertThat(placed.connectRefused().probePassed().trialEnded().trials().inFlight())
                .isZero();
    }
}
