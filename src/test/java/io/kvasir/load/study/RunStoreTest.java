package io.kvasir.load.study;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.load.study.Figure.Of;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which saved runs are taken for the one that is asked for. */
class RunStoreTest {
    @TempDir
    private Path folder;

    private static RunRecord run(double ttft) {
        return new RunRecord(
                1, 0, Map.of(), Map.of(Of.TTFT, new double[] {ttft}), List.of(), List.of(), List.of(), new double[0]);
    }

    @Test
    void aRunOfAnotherProgramIsNotTakenForThisOnesAndStaysBesideIt() throws Exception {
        var study = StudyReader.read(Files.writeString(folder.resolve("study.yaml"), """
                pools: [one-vendor]
                workloads: [rag]
                loads: [1/s]
                arms: [kvasir]
                seeds: [1]
                """), Map.of());
        var cell = study.cells().getFirst();
        var before = new RunStore(folder.resolve("runs"), "before");
        var after = new RunStore(folder.resolve("runs"), "after");

        before.save(study, cell, "kvasir", 1, run(1));
        assertThat(after.run(study, cell, "kvasir", 1)).isEmpty();

        after.save(study, cell, "kvasir", 1, run(2));
        assertThat(before.run(study, cell, "kvasir", 1).orElseThrow().values(Of.TTFT))
                .containsExactly(1);
        assertThat(after.run(study, cell, "kvasir", 1).orElseThrow().values(Of.TTFT))
                .containsExactly(2);
        assertThat(new RunStore(folder.resolve("runs")).run(study, cell, "kvasir", 1))
                .isEmpty();
    }
}
