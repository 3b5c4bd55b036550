package io.kvasir.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.sim.SimulatedPool;
import io.kvasir.testing.ReservedPorts;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoadTestCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... args) {
        return LoadTestCommand.run(List.of(args), new PrintWriter(out), new PrintWriter(err));
    }

    @Test
    void helpNamesTheOptions() {
        assertThat(run("--help")).isZero();
        assertThat(out.toString()).contains("kvasir load-test", "--policies", "--target", "SCENARIO");
    }

    @Test
    void wrongArgumentsAreOneLine() {
        assertThat(run("smoke", "--polices", "time")).isEqualTo(2);
        assertThat(run()).isEqualTo(2);
        assertThat(run("no-such")).isEqualTo(2);
        assertThat(run("smoke", "--target", "ftp://x")).isEqualTo(2);
        assertThat(run("smoke", "--jar", "no-such.jar")).isEqualTo(2);
        assertThat(run("smoke", "--rates", "80%", "--target", "http://127.0.0.1:1"))
                .isEqualTo(2);

        assertThat(err.toString().lines())
                .hasSize(6)
                .allMatch(line -> line.startsWith("load-test: "))
                .anyMatch(line -> line.contains("no-such.jar"));
    }

    @Test
    void aRouterThatRunsAlreadyIsDrivenAndItsRunIsNotRepeated(@TempDir Path folder) throws IOException {
        var arguments = new String[] {
            "smoke", "--requests", "5", "--rates", "x8", "--results", folder.toString(), "--target", ""
        };
        try (var pool = SimulatedPool.builder()
                .pool("h200=2")
                .basePort(ReservedPorts.next(2))
                .timeScale(10)
                .start()) {
            arguments[8] = pool.endpoints().getFirst().url();

            assertThat(run(arguments)).isZero();
            assertThat(out.toString()).contains("x8 target seed 1: 5 of 5 answered", "| target | 1     |");
        }
        assertThat(folder.resolve("smoke.html"))
                .content()
                .contains("\"ttftCdf\":[[", "\"arms\":[\"target\"]", "TTFT p90 s");
        out.getBuffer().setLength(0);

        // nobody listens any more
        assertThat(run(arguments)).isZero();
        assertThat(out.toString()).doesNotContain("5 of 5").contains("| target | 1     |");
    }
}
