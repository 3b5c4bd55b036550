package io.kvasir.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OutOfMemoryTest {
    @ParameterizedTest
    @ValueSource(strings = {"kvasir", "src/main/docker/epp"})
    void aProcessWithoutMemoryEndsAndIsStartedAgain(String starter) throws IOException {
        var text = Files.readString(Path.of(starter));
        assertThat(text.substring(text.lastIndexOf("exec "))).contains("-XX:+ExitOnOutOfMemoryError");
    }

    @Test
    void soDoesANativeProgramWhateverItsCommand() throws IOException {
        assertThat(Files.readAllLines(Path.of("src/main/resources/application.properties")))
                .anyMatch(line -> line.startsWith("quarkus.native.additional-build-args=")
                        && line.contains("-R:+ExitOnOutOfMemoryError"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"src/main/docker/Dockerfile.jvm", "src/main/docker/Dockerfile.native"})
    void bothImagesStartByTheirLauncher(String image) throws IOException {
        assertThat(Files.readString(Path.of(image))).contains("ENTRYPOINT [\"/app/epp\"]");
    }
}
