package io.kvasir.load.study;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which programs are taken for the same. */
class ProgramDigestTest {
    private static final List<List<String>> PARTS = List.of(List.of("a", "table.txt"));

    @TempDir
    Path folder;

    private String of(String content, String elsewhere) throws IOException {
        Files.createDirectories(folder.resolve("a/deep"));
        Files.writeString(folder.resolve("a/deep/C.class"), content);
        Files.writeString(folder.resolve("table.txt"), "1");
        Files.writeString(folder.resolve("other.txt"), elsewhere);
        return ProgramDigest.of(folder, PARTS);
    }

    @Test
    void codeThatDecidesTellsProgramsApartAndNothingElseDoes() throws IOException {
        String one = of("1", "1");

        assertThat(of("2", "1")).isNotEqualTo(one);
        assertThat(of("1", "2")).isEqualTo(one).hasSize(12);
    }

    @Test
    void aJarIsTheSameProgramAsItsFolder() throws IOException {
        String one = of("1", "1");
        var jar = folder.resolve("p.jar");
        try (var out = new JarOutputStream(Files.newOutputStream(jar))) {
            for (String name : List.of("table.txt", "a/deep/C.class")) {
                out.putNextEntry(new JarEntry(name));
                out.write('1');
                out.closeEntry();
            }
        }

        assertThat(ProgramDigest.of(jar, PARTS)).isEqualTo(one);
    }

    @Test
    void capacitiesOutlastOtherDecisions() {
        assertThat(ProgramDigest.ofRuns())
                .isNotEqualTo(ProgramDigest.ofEngines())
                .hasSize(12);
    }
}
