package io.kvasir.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the JVM image's {@code epp} makes of the variables that the JVM and its own words may be in. */
class LauncherTest {
    private static final String OURS = "-XX:+UseSerialGC";

    @TempDir
    private Path home;

    /** The words that it gives a JVM. */
    private List<String> given(String variable, String options) throws IOException, InterruptedException {
        var java = Files.createDirectories(home.resolve("bin")).resolve("java");
        Files.writeString(java, "#!/bin/sh\nprintf '%s\\n' \"$@\"\n");
        Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
        var builder = new ProcessBuilder("sh", "src/main/docker/epp", "serve");
        builder.environment().keySet().removeIf(name -> name.endsWith("JAVA_OPTIONS") || name.endsWith("JAVA_OPTS"));
        builder.environment().remove("JAVA_TOOL_OPTIONS");
        builder.environment().put("JAVA_HOME", home.toString());
        builder.environment().put(variable, options);
        var output = DeployTool.run(builder);
        assertThat(output.status()).as(output.err()).isZero();
        return output.out().lines().toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"KVASIR_JAVA_OPTS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"})
    void aCollectorNamedByAnyVariableThatTheJvmReadsTakesThePlaceOfOurs(String variable) throws Exception {
        assertThat(given(variable, "-Xmx1g -XX:+UseG1GC")).contains("serve").doesNotContain(OURS);
    }

    @Test
    void otherFlagsLeaveOursInPlaceAndComeAfterIt() throws Exception {
        var words = given("KVASIR_JAVA_OPTS", "-XX:+UseLargePages -XX:MaxGCPauseMillis=50");
        assertThat(words).containsSubsequence(OURS, "-XX:+UseLargePages", "-XX:MaxGCPauseMillis=50", "-jar", "serve");
    }
}
