package io.kvasir.load;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How to start this very program once more, in a process of its own.
 *
 * @param command what comes before the subcommand
 */
record Program(List<String> command) {
    private static final Path BUILT = Path.of("target", "quarkus-app", "quarkus-run.jar");

    Program {
        command = List.copyOf(command);
    }

    /**
     * Finds the program.
     *
     * @param jar its jar, or an executable; null for the one this process runs from, the native executable, or what a build
     *     left
     * @throws IllegalArgumentException if there is none
     */
    static Program find(@Nullable Path jar) {
        if (jar == null && System.getProperty("org.graalvm.nativeimage.imagecode") != null) {
            var executable = ProcessHandle.current().info().command();
            if (executable.isPresent()) {
                return new Program(List.of(executable.get()));
            }
        }
        var found = jar != null ? jar : ownJar();
        if (!Files.isRegularFile(found)) {
            throw new IllegalArgumentException(
                    "jar: there is no " + found + "; build it with ./mvnw -DskipTests package, or name it with --jar");
        }
        if (!found.toString().endsWith(".jar") && Files.isExecutable(found)) {
            return new Program(List.of(found.toString()));
        }
        return new Program(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-jar",
                found.toString()));
    }

    private static Path ownJar() {
        var classPath = System.getProperty("java.class.path", "");
        return classPath.endsWith("quarkus-run.jar") && Files.isRegularFile(Path.of(classPath))
                ? Path.of(classPath)
                : BUILT;
    }

    /** The whole command for a subcommand with arguments. */
    List<String> with(List<String> arguments) {
        var all = new ArrayList<>(command);
        all.addAll(arguments);
        return all;
    }
}
