package io.kvasir.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The program as the build has packaged it, to be started as an operator would. */
public final class BuiltProgram {
    private BuiltProgram() {}

    /**
     * {@code serve} in a process of its own, without what the shell has set for another router.
     *
     * @param jvm options of the JVM
     * @param flags of {@code serve}
     */
    public static ProcessBuilder serve(List<String> jvm, List<String> flags) {
        return run(jvm, "serve", flags);
    }

    /** The demo, likewise. */
    public static ProcessBuilder demo(List<String> jvm, List<String> flags) {
        return run(jvm, "demo", flags);
    }

    /** Any subcommand, likewise. */
    static ProcessBuilder run(List<String> jvm, String subcommand, List<String> args) {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("--enable-native-access=ALL-UNNAMED");
        command.add("--sun-misc-unsafe-memory-access=allow");
        command.addAll(jvm);
        command.addAll(
                List.of("-jar", System.getProperty("kvasir.jar", "target/quarkus-app/quarkus-run.jar"), subcommand));
        command.addAll(args);
        var builder = new ProcessBuilder(command);
        builder.environment().keySet().removeIf(variable -> variable.startsWith("KVASIR_"));
        return builder;
    }

    /** Has what it prints kept in that folder. */
    static ProcessBuilder printingTo(Path folder, ProcessBuilder program) {
        return program.redirectOutput(folder.resolve("out").toFile())
                .redirectError(folder.resolve("err").toFile());
    }

    /** What it printed to that folder, or why that is not known. */
    static String printed(Path folder) {
        try {
            return Files.readString(folder.resolve("out")) + Files.readString(folder.resolve("err"));
        } catch (IOException e) {
            return e.toString();
        }
    }
}
