package io.kvasir.load;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvasir.app.BuiltProgram;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The built program replays a little of the trace over processes of its own. */
class LoadTestIT {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(Path results, String... more) {
        var args = new ArrayList<>(List.of(
                "smoke",
                "--requests",
                "20",
                "--rates",
                "x4",
                "--pool",
                "h200=1,mi350x=1",
                "--results",
                results.toString(),
                "--jar",
                BuiltProgram.file()));
        args.addAll(List.of(more));
        return LoadTestCommand.run(args, new PrintWriter(out), new PrintWriter(err));
    }

    @Test
    void everyRequestIsAnsweredUnderEachPolicyByWhoeverThePolicyPicks(@TempDir Path results) throws IOException {
        int status = run(results, "--policies", "round-robin,time");

        assertThat(err.toString()).doesNotContain("load-test:");
        assertThat(status).isZero();
        for (var policy : List.of("round-robin", "time")) {
            assertThat(out.toString()).contains("x4 " + policy + " seed 1: 20 of 20 answered");
            var saved = new ObjectMapper()
                    .readTree(Files.readString(results.resolve("smoke/x4-" + policy + "-seed1.json")))
                    .path("result");
            assertThat(saved.path("cachedTokens").asLong()).isPositive();
            assertThat(saved.path("requestsByClass").path("h200").asInt()
                            + saved.path("requestsByClass").path("mi350x").asInt())
                    .isEqualTo(20);
            assertThat(saved.path("cpuRealSeconds").path("router").asDouble()).isPositive();
        }
        assertThat(out.toString()).contains("to h200", "to mi350x");
    }

    @Test
    void aRouterThatDoesNotStartIsSaidInOneLineWithItsReason(@TempDir Path results) {
        assertThat(run(results, "--policies", "best")).isEqualTo(1);

        assertThat(err.toString().lines())
                .singleElement()
                .asString()
                .contains("serve ended with status 2", "policy", "best");
    }
}
