package io.kvasir.load.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvasir.config.InvalidConfigException;
import io.kvasir.load.replay.Slo;
import io.kvasir.load.replay.arm.Arms;
import io.kvasir.load.workload.Workloads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

class StudyReaderTest {
    private static final String LEAST = """
            pools: [one-vendor]
            workloads: [rag]
            loads: [80%]
            arms: [kvasir]
            seeds: [1]
            """;

    @TempDir
    private Path folder;

    @Test
    void aCapacityDependsOnHowLongAnswersAreAwaitedAndWhatIsNotCounted() throws IOException, InvalidConfigException {
        var usual = read(LEAST, Map.of()).capacityConditions();
        assertThat(read(LEAST + "drain-seconds: 30\n", Map.of()).capacityConditions())
                .isNotEqualTo(usual);
        assertThat(read(LEAST, Map.of("warm-up-seconds", "0")).capacityConditions())
                .isNotEqualTo(usual);
        assertThat(read(LEAST, Map.of("loads", "50%")).capacityConditions()).isEqualTo(usual);
    }

    @Test
    void aCapacityThatIsKnownIsNotMeasuredAndOtherRunsAreMadeAtAnother() throws IOException, InvalidConfigException {
        String known = "capacity: {known: {one-vendor: {rag: %s}}}\n";
        var study = read(LEAST + known.formatted("24.5"), Map.of("loads", "80%,3/s", "workloads", "rag,unique"));
        var cells = study.cells();

        assertThat(study.capacity().known(cells.getFirst(), 1)).hasValue(24.5);
        assertThat(study.capacity().known(cells.getFirst(), 2)).hasValue(24.5);
        assertThat(study.capacity().known(cells.getLast(), 1)).isEmpty();
        assertThat(study.unmeasured().capacity().known(cells.getFirst(), 1)).isEmpty();
        assertThat(study.conditions(cells.getFirst(), 1)).contains("as 24.5/s");
        assertThat(study.conditions(cells.get(1), 1)).isEqualTo(study.conditions(cells.getLast(), 1));
        refused(LEAST + known.formatted("0"), "capacity.known.one-vendor.rag: bad value \"0\"");
        refused(LEAST + known.formatted("1").replace("rag", "rug"), "capacity.known.one-vendor.rug: unknown key");
        refused(LEAST + known.formatted("1").replace("one-vendor", "some"), "capacity.known: bad value \"some\"");
    }

    @Test
    void aKnownCapacityMayBeOfOneSeedAsOthersHaveOtherEngines() throws IOException, InvalidConfigException {
        String known = "capacity: {known: {one-vendor: {rag: {1: 24.5, 2: 21}, unique: 300}}}\n";
        var study = read(LEAST + known, Map.of("seeds", "1,2,3", "workloads", "rag,unique"));
        var rag = study.cells().getFirst();

        assertThat(study.capacity().known(rag, 1)).hasValue(24.5);
        assertThat(study.capacity().known(rag, 2)).hasValue(21);
        assertThat(study.capacity().known(rag, 3)).isEmpty();
        assertThat(study.capacity().known(study.cells().getLast(), 3)).hasValue(300);
        assertThat(study.conditions(rag, 1)).isNotEqualTo(study.conditions(rag, 2));
        refused(LEAST + known.replace("2: 21", "two: 21"), "capacity.known.one-vendor.rag: bad value \"two\"");
        refused(LEAST + known.replace("2: 21", "2: 0"), "capacity.known.one-vendor.rag.2: bad value \"0\"");
        refused(
                LEAST + known.replace("2: 21", "2: null"),
                "capacity.known.one-vendor.rag.2: bad value \"\"; allowed: a");
        refused(LEAST + known.replace("300", "null"), "capacity.known.one-vendor.unique: bad value \"\"; allowed: a");
    }

    @Test
    void aStudyIsCellsOfPoolsWorkloadsAndLoads() throws IOException, InvalidConfigException {
        var study = read("""
                question: Which?
                pools: [one-vendor, "h100=1,h100/2=2"]
                workloads: [rag, unique]
                loads: [50%, 12/s]
                arms: [kvasir]
                seeds: [1, 2, 3]
                minutes: 5
                slo: {ttft: 1.5}
                """, Map.of());
        assertThat(study.name()).isEqualTo("study");
        assertThat(study.cells()).hasSize(8);
        assertThat(study.cells().get(6).label()).isEqualTo("h100=1,h100/2=2 · unique · 50%");
        assertThat(study.seconds()).isEqualTo(300);
        assertThat(study.warmUpSeconds()).isEqualTo(60);
        assertThat(study.slo()).isEqualTo(new Slo(1.5, Double.NaN));
        assertThat(study.settings(1).oracle()).isTrue();
        assertThat(study.settings(2).oracle()).isFalse();
        assertThat(study.traces()).isEqualTo(folder.toAbsolutePath().resolveSibling("traces"));
    }

    @Test
    void allStandsForEveryNameAndTheCommandLineReplaces() throws IOException, InvalidConfigException {
        var study = read(
                LEAST.replace("[kvasir]", "[kvasir, all]").replace("[rag]", "[all]"),
                Map.of("pools", "one-vendor; h200=1,cpu=1", "seeds", "7,8", "minutes", "2"));
        assertThat(study.arms()).startsWith("kvasir").hasSize(Arms.all().size()).doesNotHaveDuplicates();
        assertThat(study.workloads()).isEqualTo(Workloads.NAMES);
        assertThat(study.pools()).containsExactly("one-vendor", "h200=1,cpu=1");
        assertThat(study.seeds()).containsExactly(7L, 8L);
        assertThat(study.seconds()).isEqualTo(120);
    }

    @Test
    void whatIsWrongIsToldWithFileLineKeyAndWhatIsAllowed() {
        refused(LEAST.replace("80%", "x2"), "study.yaml:3: loads: bad value \"x2\"; allowed: 35/s (requests a second)");
        refused(LEAST.replace("rag", "rug"), "study.yaml:2: workloads: bad value \"rug\"; allowed: mooncake, agentic");
        refused(LEAST.replace("one-vendor", "h100"), "study.yaml:1: pools: bad value \"h100\"; allowed: mixed, two-");
        refused(LEAST.replace("one-vendor", "h999=2"), "pools: bad value \"h999=2\"");
        refused(LEAST.replace("kvasir", "best"), "study.yaml:4: arms: bad value \"best\"; allowed: kvasir");
        refused(LEAST.replace("seeds: [1]", "seeds: [one]"), "study.yaml:5: seeds: bad value \"one\"; allowed: whole");
        refused(LEAST.replace("arms: [kvasir]\n", ""), "arms: missing");
        refused(LEAST + "minute: 3\n", "study.yaml:6: minute: unknown key, did you mean minutes?");
        refused(LEAST + "minutes: 1\nwarm-up-seconds: 60\n", "warm-up-seconds: 60.0 leaves nothing of 60.0 s to count");
        refused(LEAST + "slo: {ttft: 0}\n", "slo.ttft: bad value \"0\"");
        refused(LEAST + "capacity: {arm: nobody}\n", "capacity.arm: bad value \"nobody\"; allowed: kvasir");
    }

    @TestFactory
    Stream<DynamicTest> everyStudyOfTheRepositoryCanBeReadAndAsksAQuestion() throws IOException {
        var files = new ArrayList<Path>();
        try (var all = Files.list(Path.of("load-tests", "replay"))) {
            all.filter(file -> file.toString().endsWith(".yaml")).sorted().forEach(files::add);
        }
        assertThat(files).isNotEmpty();
        return files.stream()
                .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> {
                    var study = StudyReader.read(file, Map.of());
                    assertThat(study.question()).endsWith("?");
                    assertThat(study.traces()).isDirectory();
                    assertThat(study.cells()).isNotEmpty();
                }));
    }

    @Test
    void everyNamedPoolIsAPool() {
        for (var name : StudyPools.names()) {
            assertThat(StudyPools.of(name).replicas()).as(name).hasSizeGreaterThan(4);
        }
        assertThat(StudyPools.of("mixed").replicas()).hasSize(16);
        var shared = StudyPools.of("time-sliced").replicas();
        assertThat(shared.stream().filter(replica -> replica.sharing() == 2)).hasSize(2);
        assertThat(shared.stream().map(replica -> replica.name()).toList())
                .isEqualTo(List.of("h100-0", "h100-1", "h100-2", "h100-3", "h100-4"));
        assertThat(StudyPools.of("two-vendors-7b").model().name()).contains("7b");
    }

    private void refused(String text, String message) {
        assertThatThrownBy(() -> read(text, Map.of()))
                .isInstanceOf(InvalidConfigException.class)
                .hasMessageContaining(message);
    }

    private Study read(String text, Map<String, String> overrides) throws IOException, InvalidConfigException {
        var file = folder.resolve("study.yaml");
        Files.writeString(file, text);
        return StudyReader.read(file, overrides);
    }
}
