package io.kvasir.load.contention;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Scenarios of who is served first, in virtual time. */
class ContentionTest {
    private static final Pattern P95 = Pattern.compile("urgent .* p95 ([0-9.]+) s");

    private static String run(Path file) {
        var out = new StringWriter();
        var err = new StringWriter();
        ContentionCommand.run(List.of(file.toString()), new PrintWriter(out, true), new PrintWriter(err, true));
        return out + err.toString();
    }

    static List<Path> scenarios() throws IOException {
        try (var files = Files.list(Path.of("load-tests", "contention"))) {
            return files.filter(file -> file.toString().endsWith(".yaml"))
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("scenarios")
    void everyScenarioIsRead(Path file) throws Exception {
        var scenario = ContentionReader.read(file);

        assertThat(scenario.question()).endsWith("?");
        assertThat(scenario.streams()).isNotEmpty();
        assertThat(scenario.workload(false).requests(1, 1))
                .isEqualTo(scenario.workload(false).requests(1, 1));
    }

    @Test
    void urgentRequestsAreServedBeforeAFloodAndEveryRequestIsServed(@TempDir Path directory) throws IOException {
        var file = directory.resolve("flood.yaml");
        Files.writeString(file, """
                pool: h100=1
                seconds: 20
                streams:
                - {name: urgent, priority: 10, rate: 2, input: [100, 300], output: [10, 20], measured: true}
                - {name: flood, priority: -1, bursts: [2], burst: 150, input: [2000, 4000], output: [20, 40]}
                """);

        String said = run(file);

        var p95 = P95.matcher(said)
                .results()
                .map(found -> Double.valueOf(found.group(1)))
                .toList();
        assertThat(said.lines().filter(line -> line.contains(" requests,")))
                .hasSize(4)
                .allMatch(line -> line.contains("done 100.0 %"));
        assertThat(p95).hasSize(2);
        assertThat(p95.getLast()).as(said).isLessThan(p95.getFirst() / 3);
        assertThat(run(file).lines().filter(line -> line.startsWith("  ")))
                .as("the same again")
                .containsExactlyElementsOf(
                        said.lines().filter(line -> line.startsWith("  ")).toList());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        pool: h100=1, stream: []                          | unknown key
        streams: [{name: a, input: [1, 2], output: [1, 2]}] | pool: missing
        {pool: h100=1, streams: [{name: a, input: [5], output: [1, 2]}]} | streams[0].input: must be [LEAST, MOST] tokens
        {pool: h100=1, flow: {holt: 1s}}                  | flow.holt: unknown key, did you mean hold?
        """)
    void whatIsWrongIsToldInOneLine(String text, String message, @TempDir Path directory) throws IOException {
        var file = directory.resolve("bad.yaml");
        Files.writeString(file, text.startsWith("{") ? text : "{" + text + "}");

        assertThat(run(file)).contains(message).startsWith("kvasir: ").hasLineCount(1);
    }
}
