package io.kvasir.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OutOfMemoryTest {
    @ParameterizedTest
    @ValueSource(strings = {"kvasir", "src/main/docker/Dockerfile.jvm", "src/main/docker/Dockerfile.native"})
    void aProcessWithoutMemoryEndsAndIsStartedAgain(String starter) throws IOException {
        var text = Files.readString(Path.of(starter));
        var command = text.substring(Math.max(text.lastIndexOf("ENTRYPOINT"), text.lastIndexOf("exec ")));
        assertThat(command).contains("-XX:+ExitOnOutOfMemoryError");
    }
}
