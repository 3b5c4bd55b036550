package io.kvasir.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.kvasir.load.replay.RequestResult;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class VirtualRunTest {
    private static final Scenario SCENARIO = new Scenario(
            "test",
            "",
            Path.of("trace"),
            0,
            0,
            false,
            "h200=1,h100=1",
            List.of("time"),
            List.of(Rate.parse("x1")),
            List.of(1L),
            1,
            1,
            "",
            60,
            0,
            new Scenario.CapacityPlan("least-load", 1, 1));

    private static Schedule schedule() {
        return Schedule.spread(
                new Trace(IntStream.range(0, 40)
                        .mapToObj(i -> new TraceRequest(250L * i, 1500, 30, new long[] {1, 2, 100 + i}))
                        .toList()),
                1);
    }

    @Test
    void aScheduleIsReplayedUnderAPolicyWithItsArrivalsAndSharedBlocks() {
        var schedule = schedule();

        var result = VirtualRun.of(SCENARIO, new Arm(Rate.parse("x1"), "time", 1), schedule);

        assertThat(result.requests()).hasSize(40).allMatch(RequestResult::complete);
        assertThat(result.requests().get(5).arrivalSeconds()).isCloseTo(schedule.seconds(5), within(1e-9));
        assertThat(result.requests().subList(10, 40)).allMatch(r -> r.cachedTokens() == 1024);
        assertThat(result.requests().get(10).idealCachedTokens()).isEqualTo(1024);
    }

    @Test
    void aPolicyThatThereIsNotIsNamed() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> VirtualRun.of(SCENARIO, new Arm(Rate.parse("x1"), "best", 1), schedule()))
                .withMessageStartingWith("policies: bad value \"best\"; allowed: time");
    }
}
