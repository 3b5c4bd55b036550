package io.kvasir.deploy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A program that {@code src/test/scripts/fetch-helm} has left in {@code target/deploy-tools}. */
record DeployTool(String name) {
    private static final Path FOLDER = Path.of("target/deploy-tools");

    static final DeployTool HELM = new DeployTool("helm");
    static final DeployTool KUSTOMIZE = new DeployTool("kustomize");

    /** What a run gave. */
    record Output(int status, String out, String err) {}

    boolean available() {
        return Files.isExecutable(FOLDER.resolve(name));
    }

    /** Why it is not there. */
    String whyNot() {
        try {
            return "no " + name + ": "
                    + Files.readString(FOLDER.resolve(name + "-why-not")).strip();
        } catch (IOException e) {
            return "no " + name + ": src/test/scripts/fetch-helm " + FOLDER + " fetches it";
        }
    }

    /**
     * Runs a subcommand of helm as for a cluster of today, unless the arguments say another one: a helm that Go has built
     * takes itself for one of Kubernetes 1.20.
     */
    static Output helm(List<String> args) throws IOException, InterruptedException {
        var all = new ArrayList<>(args);
        all.addAll(1, List.of("--kube-version", "1.33.0"));
        return HELM.run(all);
    }

    /** Runs it in the checkout. */
    Output run(List<String> args) throws IOException, InterruptedException {
        var command = new ArrayList<String>();
        command.add(FOLDER.resolve(name).toAbsolutePath().toString());
        command.addAll(args);
        return run(new ProcessBuilder(command));
    }

    /** Runs anything. */
    static Output run(ProcessBuilder builder) throws IOException, InterruptedException {
        var process = builder.start();
        var err = CompletableFuture.supplyAsync(() -> text(process.errorReader(StandardCharsets.UTF_8)));
        String out = text(process.inputReader(StandardCharsets.UTF_8));
        return new Output(process.waitFor(), out, err.join());
    }

    private static String text(BufferedReader reader) {
        try (reader) {
            return reader.readAllAsString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
