package io.kvasir.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvasir.config.InvalidConfigException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScenarioReaderTest {
    private static final String MINIMAL = """
            trace: t.jsonl
            pool: h200=1
            policies: [time, round-robin]
            rates: [50%, 80%]
            seeds: [1, 2, 3]
            """;

    static Scenario scenario(Path folder, String more) throws Exception {
        var file = folder.resolve("question.yaml");
        Files.writeString(file, MINIMAL + more + "\n");
        return ScenarioReader.read(file, Map.of());
    }

    @Test
    void whatAFileLeavesOutHasADefault(@TempDir Path folder) throws Exception {
        var scenario = scenario(folder, "");

        assertThat(scenario.name()).isEqualTo("question");
        assertThat(scenario.trace()).isEqualTo(folder.toAbsolutePath().resolve("t.jsonl"));
        assertThat(scenario.rates()).containsExactly(Rate.parse("50%"), Rate.parse("80%"));
        assertThat(scenario.seeds()).containsExactly(1L, 2L, 3L);
        assertThat(scenario.timeScale()).isEqualTo(1);
        assertThat(scenario.uniquePrompts()).isFalse();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    polices: [a]          | polices: unknown key, did you mean policies?
                    colour: red           | colour: unknown key; allowed: question, trace
                    time-scale: 11        | time-scale: bad value "11"; allowed: a number from 0.1 to 10
                    warm-up: many         | warm-up: bad value "many"; allowed: a number from 0 to 10000
                    prompts: own          | prompts: bad value "own"; allowed: shared, unique
                    capacity: {size: 1}   | capacity.size: unknown key; allowed: policy, concurrency, requests
                    capacity: 5           | capacity: bad value "5"; allowed: a mapping with keys policy, concurrency, requests
                    seeds: [4]            | key "seeds" appears twice
                    question: [a]         | question: bad value "[…]"; allowed: a text
                    """)
    void aWrongMemberIsOneLineWithKeyValueAndWhatIsAllowed(String line, String error, @TempDir Path folder) {
        assertThatThrownBy(() -> scenario(folder, line))
                .isInstanceOf(InvalidConfigException.class)
                .hasMessageStartingWith(folder.resolve("question.yaml") + ":6: " + error)
                .hasMessageNotContaining("\n");
    }

    @Test
    void slicesAreOfOneKind(@TempDir Path folder) {
        assertThatThrownBy(() -> scenario(folder, "requests: 5\nminutes: 1"))
                .hasMessageContaining("allowed: either requests or minutes");
    }

    @Test
    void overridesReplaceMembersAndAreCheckedAlike(@TempDir Path folder) throws Exception {
        var file = folder.resolve("question.yaml");
        Files.writeString(file, MINIMAL + "minutes: 10\n");
        var overrides = new HashMap<>(Map.of("requests", "20.0", "rates", "x2"));

        var scenario = ScenarioReader.read(file, overrides);

        assertThat(scenario.requests()).isEqualTo(20);
        assertThat(scenario.minutes()).isZero();
        assertThat(scenario.rates()).containsExactly(Rate.parse("x2"));
        overrides.put("rates", "fast");
        assertThatThrownBy(() -> ScenarioReader.read(file, overrides))
                .hasMessageStartingWith(file + ": rates: bad value \"fast\"; allowed: x2")
                .hasMessageNotContaining("\n");
        overrides.put("rates", "x1");
        overrides.put("seeds", "7, one");
        assertThatThrownBy(() -> ScenarioReader.read(file, overrides))
                .hasMessage(file + ": seeds: bad value \"one\"; allowed: whole numbers");
    }

    @Test
    void theScenariosInTheRepositoryAreRight() throws Exception {
        for (var name : List.of("smoke", "mixed-pool", "unique-prompts")) {
            var scenario = ScenarioReader.read(Path.of("load-tests", "scenarios", name + ".yaml"), Map.of());

            assertThat(scenario.trace()).isRegularFile();
            assertThat(scenario.question()).endsWith("?");
        }
    }
}
