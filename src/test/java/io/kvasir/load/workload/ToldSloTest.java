package io.kvasir.load.workload;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.load.replay.ReplayPool;
import io.kvasir.load.replay.ReplayRun;
import io.kvasir.load.replay.ReplaySettings;
import io.kvasir.load.replay.ReplayWorkload;
import io.kvasir.load.replay.RequestResult;
import io.kvasir.load.replay.Slo;
import io.kvasir.load.replay.arm.Arms;
import java.util.List;
import org.junit.jupiter.api.Test;

class ToldSloTest {
    private static final Slo SLO = new Slo(1, 0.05);

    private static double goodput(ReplayWorkload workload, String arm, double rate) {
        var pool = ReplayPool.of("mixed", "h200=2,mi350x=2,h100=2,mig-1g=1,cpu=1");
        var result = new ReplayRun(pool, workload, Arms.named(arm), 1, rate, ReplaySettings.DEFAULT).run();
        return (double) result.requests().stream().filter(RequestResult::good).count()
                / result.requests().size();
    }

    @Test
    void requestsThatTellHowFastIsFastEnoughAreServedSoThoughOthersComeAfterThem() {
        for (var workload : List.of(new DayWorkload(60, SLO), new MixedWorkload(60, SLO))) {
            assertThat(goodput(workload, "kvasir-slo", 10))
                    .as(workload.name())
                    .isGreaterThan(goodput(workload, "kvasir", 10) - 0.03);
        }
    }
}
