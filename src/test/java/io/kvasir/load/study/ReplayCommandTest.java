package io.kvasir.load.study;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvasir.load.replay.arm.Arms;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplayCommandTest {
    @TempDir
    private Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void aStudyIsAnsweredByTableJsonCsvAndPageAndItsRunsAreKept() throws IOException {
        study("[1, 2]", Arms.all().getLast().name());
        assertThat(replay()).as(err.toString()).isZero();
        assertThat(out.toString())
                .contains("### h100=1,mig-2g=1 · unique · 2/s (2.00 requests a second)")
                .contains("| kvasir")
                .contains("written: ");
        var json = new ObjectMapper().readTree(folder.resolve("small.json").toFile());
        var ours = json.path("cells").path(0).path("arms").path("kvasir");
        assertThat(ours.path("seeds")).hasSize(2);
        for (var figure : List.of("ttft-p90", "itl-p50", "tpot-p99", "e2e-p50", "goodput", "decided-otherwise")) {
            assertThat(ours.path("figures").path(figure).path("value").isNumber())
                    .as(figure)
                    .isTrue();
        }
        assertThat(Files.readAllLines(folder.resolve("small.csv")))
                .anyMatch(line -> line.startsWith("\"h100=1,mig-2g=1\",unique,2/s,kvasir,2,ttft-p90,"));
        assertThat(folder.resolve("small.html"))
                .content()
                .contains("\"ttftCdf\":[[")
                .contains("\"mig-2g-0\"");

        var first = Files.readString(folder.resolve("small.json"));
        out.getBuffer().setLength(0);
        assertThat(replay()).isZero();
        assertThat(out.toString()).as("saved runs are not made again").doesNotContain("· seed 1:");
        assertThat(Files.readString(folder.resolve("small.json"))).isEqualTo(first);

        study("[1, 2, 3]", "kvasir");
        out.getBuffer().setLength(0);
        assertThat(replay()).isZero();
        assertThat(out.toString()).contains("· seed 3:").doesNotContain("· seed 2:");
    }

    @Test
    void runsOfOtherConditionsLieBesideEachOther() throws IOException {
        study("[1]", "kvasir");
        assertThat(replay("--minutes", "0.2")).as(err.toString()).isZero();
        assertThat(replay("--minutes", "0.25")).isZero();
        assertThat(out.toString()).contains("15.0 s, warm-up");
        out.getBuffer().setLength(0);
        assertThat(replay("--minutes", "0.2")).isZero();
        assertThat(out.toString()).contains("12.0 s, warm-up").doesNotContain("· seed 1:");

        var file = folder.resolve("small.yaml");
        var link = Files.createSymbolicLink(
                folder.resolve("linked"), Path.of("load-tests", "traces").toAbsolutePath());
        Files.writeString(file, Files.readString(file).replaceFirst("traces: .*", "traces: " + link.getFileName()));
        assertThat(replay("--minutes", "0.2")).isZero();
        assertThat(out.toString()).as("other traces are other runs").contains("· seed 1:");
    }

    @Test
    void aSavedRunThatIsNoneIsNamed() throws IOException {
        study("[1]", "kvasir");
        assertThat(replay("--minutes", "0.2")).as(err.toString()).isZero();
        Path saved;
        try (var files = Files.walk(folder.resolve("runs"))) {
            saved = files.filter(Files::isRegularFile).findFirst().orElseThrow();
        }
        Files.write(saved, Arrays.copyOf(Files.readAllBytes(saved), 200));
        err.getBuffer().setLength(0);
        assertThat(replay("--minutes", "0.2")).isEqualTo(1);
        assertThat(err.toString()).hasLineCount(1).contains(saved + " is not a saved run; remove it");
    }

    @Test
    void loadsMayBeSharesOfACapacityThatIsMeasuredWithEachSeed() throws IOException {
        study("[1, 2]", "kvasir");
        assertThat(replay("--loads", "50%", "--arms", "kvasir", "--minutes", "0.2"))
                .as(err.toString())
                .isZero();
        assertThat(out.toString())
                .containsPattern("h100=1,mig-2g=1 · unique · seed 1: capacity [0-9.]+ requests a second")
                .containsPattern("h100=1,mig-2g=1 · unique · seed 2: capacity [0-9.]+ requests a second")
                .containsPattern("unique · 50% [(][0-9.]+ to [0-9.]+ requests a second by seed[)]");
        out.getBuffer().setLength(0);
        assertThat(replay("--loads", "50%", "--arms", "kvasir", "--minutes", "0.2", "--fresh"))
                .isZero();
        assertThat(out.toString())
                .as("capacity is kept too")
                .doesNotContain(": capacity ")
                .contains("· seed 1:");
    }

    @Test
    void whatIsWrongIsOneLineAndStatusTwo() throws IOException {
        study("[1]", "kvasir");
        assertThat(run("nowhere")).isEqualTo(2);
        assertThat(err.toString()).hasLineCount(1).contains("neither a file nowhere nor");
        err.getBuffer().setLength(0);
        assertThat(replay("--workloads", "rug")).isEqualTo(2);
        assertThat(err.toString()).hasLineCount(1).contains("workloads: bad value \"rug\"");
        err.getBuffer().setLength(0);
        assertThat(run("--bogus")).isEqualTo(2);
        assertThat(run()).isEqualTo(2);
        assertThat(err.toString()).contains("STUDY: none named");
    }

    @Test
    void theListNamesStudiesArmsWorkloadsAndPools() {
        assertThat(run("--list")).isZero();
        assertThat(out.toString())
                .contains("smoke ", "kvasir ", "workloads: mooncake, agentic", "pools: mixed, two-vendors-7b");
    }

    private void study(String seeds, String arm) throws IOException {
        Files.writeString(folder.resolve("small.yaml"), """
                question: Does it?
                pools: ["h100=1,mig-2g=1"]
                workloads: [unique]
                loads: [2/s]
                arms: [kvasir, %s]
                seeds: %s
                minutes: 0.3
                warm-up-seconds: 3
                traces: %s
                capacity: {arm: kvasir, minutes: 0.1}
                """.formatted(
                        arm, seeds, Path.of("load-tests", "traces").toAbsolutePath()));
    }

    private int replay(String... more) {
        var args = Stream.concat(
                Stream.of(folder.resolve("small.yaml").toString(), "--results", folder.toString(), "--threads", "2"),
                Arrays.stream(more));
        return run(args.toArray(String[]::new));
    }

    private int run(String... args) {
        return ReplayCommand.run(List.of(args), new PrintWriter(out, true), new PrintWriter(err, true));
    }
}
