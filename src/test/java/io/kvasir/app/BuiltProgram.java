package io.kvasir.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The program as the build has packaged it, to be started as an operator would: the executable that the system property {@code
 * kvasir.executable} names, be it native or the JVM image's {@code epp}; its jar otherwise.
 */
public final class BuiltProgram {
    private BuiltProgram() {}

    /** What was built: an executable or a jar. */
    public static String file() {
        var executable = System.getProperty("kvasir.executable", "");
        return executable.isEmpty()
                ? System.getProperty("kvasir.jar", "target/quarkus-app/quarkus-run.jar")
                : executable;
    }

    /**
     * {@code serve} in a process of its own, without what the shell has set for another router.
     *
     * @param jvm options of the JVM; an executable gets them by the variable that epp reads
     * @param flags of {@code serve}
     */
    public static ProcessBuilder serve(List<String> jvm, List<String> flags) {
        return run(jvm, "serve", flags);
    }

    /** The demo, likewise, but without its traffic. */
    public static ProcessBuilder demo(List<String> jvm, List<String> flags) {
        var quiet = new ArrayList<>(List.of("--demo-traffic=false"));
        quiet.addAll(flags);
        return run(jvm, "demo", quiet);
    }

    /** Any subcommand, likewise. */
    static ProcessBuilder run(List<String> jvm, String subcommand, List<String> args) {
        var words = new ArrayList<>(List.of(subcommand));
        words.addAll(args);
        return launch(jvm, words);
    }

    /** By exactly these words, likewise. */
    public static ProcessBuilder launch(List<String> jvm, List<String> words) {
        boolean jar = file().endsWith(".jar");
        var command = new ArrayList<String>();
        if (jar) {
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            command.add("--enable-native-access=ALL-UNNAMED");
            command.add("--sun-misc-unsafe-memory-access=allow");
            command.addAll(jvm);
            command.add("-jar");
        }
        command.add(file());
        command.addAll(words);
        var builder = new ProcessBuilder(command);
        builder.environment().keySet().removeIf(variable -> variable.startsWith("KVASIR_"));
        if (!jar) {
            builder.environment().put("KVASIR_JAVA_OPTS", String.join(" ", jvm));
        }
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
