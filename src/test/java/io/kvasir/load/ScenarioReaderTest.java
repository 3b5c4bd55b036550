package io.kvasir.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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

    static Scenario scenario(Path folder, String more) throws IOException {
        var file = folder.resolve("question.yaml");
        Files.writeString(file, MINIMAL + more + "\n");
        return ScenarioReader.read(file, none());
    }

    private static ObjectNode none() {
        return JsonNodeFactory.instance.objectNode();
    }

    @Test
    void whatAFileLeavesOutHasADefault(@TempDir Path folder) throws IOException {
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
                    polices: [a]          | unknown key polices; allowed: question, trace
                    time-scale: 11        | time-scale: '11'; allowed: a number from 0.1 to 10
                    warm-up: many         | warm-up: 'many'; allowed: a number from 0 to 10000
                    prompts: own          | prompts: 'own'; allowed: shared, unique
                    capacity: {size: 1}   | unknown key capacity.size; allowed: policy, concurrency, requests
                    capacity: 5           | capacity must be a mapping with keys policy, concurrency, requests
                    seeds: [4]            | Duplicate field 'seeds'
                    question: [a]         | question: '[a]'; allowed: a text
                    """)
    void aWrongMemberIsOneLineWithKeyValueAndWhatIsAllowed(String line, String error, @TempDir Path folder) {
        assertThatThrownBy(() -> scenario(folder, line))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(folder.resolve("question.yaml").toString())
                .hasMessageContaining(error)
                .hasMessageNotContaining("\n");
    }

    @Test
    void slicesAreOfOneKind(@TempDir Path folder) {
        assertThatThrownBy(() -> scenario(folder, "requests: 5\nminutes: 1"))
                .hasMessageContaining("allowed: either requests or minutes");
    }

    @Test
    void overridesReplaceMembersAndAreCheckedAlike(@TempDir Path folder) throws IOException {
        var file = folder.resolve("question.yaml");
        Files.writeString(file, MINIMAL + "minutes: 10\n");
        var overrides = none().put("requests", 20);
        overrides.putArray("rates").add("x2");

        var scenario = ScenarioReader.read(file, overrides);

        assertThat(scenario.requests()).isEqualTo(20);
        assertThat(scenario.minutes()).isZero();
        assertThat(scenario.rates()).containsExactly(Rate.parse("x2"));
        overrides.putArray("rates").add("fast");
        assertThatThrownBy(() -> ScenarioReader.read(file, overrides))
                .hasMessageContaining("rates: 'fast'; allowed: x2")
                .hasMessageNotContaining("\n");
        overrides.putArray("rates").add("x1");
        overrides.putArray("seeds").add("one");
        assertThatThrownBy(() -> ScenarioReader.read(file, overrides))
                .hasMessageContaining("seeds: 'one'; allowed: integers");
    }

    @Test
    void theScenariosInTheRepositoryAreRight() throws IOException {
        for (var name : List.of("smoke", "mixed-pool", "unique-prompts")) {
            var scenario = ScenarioReader.read(Path.of("load-tests", "scenarios", name + ".yaml"), none());

            assertThat(scenario.trace()).isRegularFile();
            assertThat(scenario.question()).endsWith("?");
        }
    }
}
