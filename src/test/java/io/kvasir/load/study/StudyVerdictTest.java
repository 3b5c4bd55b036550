package io.kvasir.load.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvasir.load.study.Figure.Of;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StudyVerdictTest {
    @TempDir
    private Path folder;

    private StudyResults results;

    @BeforeEach
    void study() throws Exception {
        var file = Files.writeString(folder.resolve("study.yaml"), """
                pools: [one-vendor]
                workloads: [rag, day]
                loads: [1/s, 2/s]
                arms: [kvasir, kvasir-slo, dynamo, lmetric, informed-greedy]
                seeds: [1, 2]
                """);
        results = new StudyResults(StudyReader.read(file, Map.of()));
    }

    private void add(int cell, String arm, double ttft, double e2e, double good) {
        add(cell, arm, 1, ttft, e2e, good);
    }

    private void add(int cell, String arm, long seed, double ttft, double e2e, double good) {
        var run = new RunRecord(
                1,
                0,
                Map.of(),
                Map.of(
                        Of.TTFT, new double[] {ttft, ttft, Double.NaN},
                        Of.E2E, new double[] {e2e, e2e, Double.NaN},
                        Of.GOOD, new double[] {good, good, Double.NaN}),
                List.of(),
                List.of(),
                List.of(),
                new double[0]);
        results.add(results.study().cells().get(cell), arm, seed, run);
    }

    @Test
    void aCellIsWonWhereTheBaseIsWithinThreePerCentOfTheBestRivalInTimeAndInGoodput() {
        add(0, "kvasir", 1.02, 11, 0.98);
        add(0, "kvasir-slo", 0.1, 1, 1);
        add(0, "dynamo", 1, 10, 0.9);
        add(0, "lmetric", 2, 20, 1);
        add(0, "informed-greedy", 0.51, 1, 1);
        add(1, "kvasir", 1.04, 9, 1);
        add(1, "dynamo", 1, 10, 1);
        add(2, "kvasir", 1, 9, 0.5);
        add(2, "lmetric", 2, 10, 0.6);
        add(3, "kvasir", 1, 9, 0.5);
        var verdict = new StudyVerdict(results);

        var cells = verdict.cells();
        assertThat(cells).as("the last cell has no rival").hasSize(3);
        assertThat(cells).extracting(StudyVerdict.Of::isWon).containsExactly(true, false, false);
        assertThat(cells.getFirst().ttft().best()).isEqualTo("dynamo");
        assertThat(cells.getFirst().goodput().best()).isEqualTo("lmetric");
        assertThat(cells.getFirst().e2e().ratio()).isCloseTo(1.1, within(1e-9));
        assertThat(cells.getFirst().informed()).isCloseTo(2, within(1e-9));
        assertThat(cells.get(1).informed()).isNaN();

        assertThat(verdict.text())
                .contains("kvasir is the best or within 3 % of the best rival in TTFT p90 and goodput in 1 of 3 cells "
                        + "(33 %). E2E p90 is 1.10 of the best rival's at most (one-vendor · rag · 1/s, dynamo). "
                        + "TTFT p90 is 2.00 of informed-greedy's in the median cell.")
                .contains("- lost: one-vendor · rag · 2/s, TTFT p90 1.04 (dynamo)\n")
                .contains("- lost: one-vendor · day · 1/s, goodput 1.20 (lmetric)\n");
    }

    @Test
    void ofAStudyThatWasInterruptedArmsAreComparedByTheSeedsThatBothHave() {
        add(0, "kvasir", 1, 1, 10, 1);
        add(0, "kvasir", 2, 5, 50, 0.2);
        add(0, "dynamo", 1, 2, 20, 0.5);
        add(1, "kvasir", 2, 1, 10, 1);
        add(1, "dynamo", 1, 0.1, 1, 1);
        var cells = new StudyVerdict(results).cells();

        assertThat(cells).as("in the second cell nothing can be compared").hasSize(1);
        assertThat(cells.getFirst().ttft().ratio()).isEqualTo(0.5);
        assertThat(cells.getFirst().goodput().ratio()).isEqualTo(0.5);
        assertThat(cells.getFirst().isWon()).isTrue();
    }

    @Test
    void whoAnsweredNothingLosesToWhoAnsweredAnythingAndIsLikeWhoDidNotEither() {
        double none = Double.NaN;
        add(0, "kvasir", none, none, 0);
        add(0, "dynamo", 9, 90, 0.1);
        add(0, "lmetric", 8, 80, 0.2);
        add(1, "kvasir", 9, 90, 0.1);
        add(1, "dynamo", none, none, 0);
        add(2, "kvasir", none, none, 0);
        add(2, "dynamo", none, none, 0);
        var verdict = new StudyVerdict(results);

        assertThat(verdict.cells()).extracting(StudyVerdict.Of::isWon).containsExactly(false, true, true);
        assertThat(verdict.cells().getFirst().ttft().best()).isEqualTo("lmetric");
        assertThat(verdict.text())
                .contains("- lost: one-vendor · rag · 1/s, TTFT p90 - (lmetric), goodput - (lmetric)\n");
    }

    @Test
    void filesHaveTheVerdictAndAStudyOfOneArmHasNone() {
        add(0, "kvasir", 1, 1, 1);
        var node = new ObjectMapper().createObjectNode();
        new StudyVerdict(results).json(node);
        assertThat(node.path("verdict").isMissingNode()).isTrue();
        assertThat(new StudyVerdict(results).text()).isEmpty();

        add(0, "dynamo", 2, 1, 0);
        new StudyVerdict(results).json(node);
        assertThat(node.path("verdict").path("won").asInt()).isEqualTo(1);
        assertThat(node.path("verdict")
                        .path("each")
                        .path(0)
                        .path("ttftP90")
                        .path("ratio")
                        .asDouble())
                .isEqualTo(0.5);
        assertThat(node.path("verdict")
                        .path("each")
                        .path(0)
                        .path("ttftP90")
                        .path("best")
                        .asText())
                .isEqualTo("dynamo");
    }
}
