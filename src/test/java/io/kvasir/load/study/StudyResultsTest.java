package io.kvasir.load.study;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.load.study.Figure.Of;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StudyResultsTest {
    @TempDir
    private Path folder;

    private static RunRecord run(double ttft) {
        return new RunRecord(
                1,
                0,
                Map.of(),
                Map.of(Of.TTFT, new double[] {ttft, 2 * ttft, 3 * ttft}),
                List.of(),
                List.of(),
                List.of(),
                new double[0]);
    }

    @Test
    void anIntervalIsDrawnOnceThoughTablePageAndFilesAskForItAndAnewWithAnotherRun() throws Exception {
        var file = Files.writeString(folder.resolve("study.yaml"), """
                pools: [one-vendor]
                workloads: [rag]
                loads: [1/s]
                arms: [kvasir, dynamo]
                seeds: [1, 2]
                """);
        var study = StudyReader.read(file, Map.of());
        var results = new StudyResults(study);
        var cell = study.cells().getFirst();
        results.add(cell, "kvasir", 1, run(1));
        results.add(cell, "dynamo", 1, run(2));

        var figure = results.figure(cell, "dynamo", Figure.TTFT_P90);
        var versus = results.versus(cell, "dynamo", Figure.TTFT_P90);
        assertThat(figure.value()).isEqualTo(6);
        assertThat(versus.value()).isEqualTo(2);
        assertThat(results.figure(cell, "dynamo", Figure.TTFT_P90)).isSameAs(figure);
        assertThat(results.versus(cell, "dynamo", Figure.TTFT_P90)).isSameAs(versus);

        results.add(cell, "dynamo", 2, run(4));
        assertThat(results.figure(cell, "dynamo", Figure.TTFT_P90).value()).isEqualTo(12);
    }
}
