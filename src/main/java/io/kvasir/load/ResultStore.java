package io.kvasir.load;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Results in a folder, a small JSON file for each run, so that an interrupted comparison goes on where it stopped.
 * Results of other settings count as absent and are replaced.
 */
final class ResultStore {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private final Path folder;

    /** Results below {@code folder}, which is made when the first is saved. */
    ResultStore(Path folder) {
        this.folder = folder;
    }

    /** A saved run of these settings. */
    Optional<RunSummary> run(Scenario scenario, Arm arm) throws IOException {
        return read(runFile(scenario, arm), scenario.settings()).map(node -> RunSummary.fromJson(node.path("result")));
    }

    /** Saves a run. */
    void save(Scenario scenario, Arm arm, RunSummary summary) throws IOException {
        var node = JSON.createObjectNode()
                .put("settings", scenario.settings())
                .put("rate", arm.rate().toString())
                .put("policy", arm.policy())
                .put("seed", arm.seed());
        node.set("result", summary.toJson());
        write(runFile(scenario, arm), node);
    }

    /** The pool's saved capacity, in requests per simulated second. */
    OptionalDouble capacity(Scenario scenario, long seed) throws IOException {
        var saved = read(capacityFile(scenario, seed), scenario.capacitySettings());
        return saved.isPresent()
                ? OptionalDouble.of(saved.get().path("requestsPerSecond").asDouble())
                : OptionalDouble.empty();
    }

    /** Saves the pool's capacity. */
    void saveCapacity(Scenario scenario, long seed, double perSecond) throws IOException {
        write(
                capacityFile(scenario, seed),
                JSON.createObjectNode()
                        .put("settings", scenario.capacitySettings())
                        .put("seed", seed)
                        .put("requestsPerSecond", perSecond));
    }

    /** Saves what became of each request of a run, as CSV, in simulated nanoseconds from its start. */
    Path saveRequests(Scenario scenario, Arm arm, List<Sample> samples, int[] ideal) throws IOException {
        var file = folder.resolve(scenario.name()).resolve(arm.id() + ".csv");
        Files.createDirectories(file.getParent());
        long start = samples.getFirst().intendedNanos();
        try (var out = new PrintWriter(Files.newBufferedWriter(file))) {
            out.println("index,intended,sent,first,end,input,output,cached,ideal,endpoint,outcome");
            for (var s : samples) {
                out.println(String.format(
                        Locale.ROOT,
                        "%d,%d,%d,%d,%d,%d,%d,%d,%d,%s,%s",
                        s.index(),
                        s.intendedNanos() - start,
                        s.sentNanos() - start,
                        s.firstNanos() < 0 ? -1 : s.firstNanos() - start,
                        s.endNanos() - start,
                        s.request().inputTokens(),
                        s.request().outputTokens(),
                        s.cachedTokens(),
                        ideal[s.index()],
                        s.endpoint(),
                        s.outcome()));
            }
        }
        return file;
    }

    private Path runFile(Scenario scenario, Arm arm) {
        return folder.resolve(scenario.name()).resolve(arm.id() + ".json");
    }

    private Path capacityFile(Scenario scenario, long seed) {
        var pool = scenario.pool().replaceAll("[^A-Za-z0-9-]+", "_");
        return folder.resolve("capacity").resolve(pool + "-seed" + seed + ".json");
    }

    private static Optional<JsonNode> read(Path file, String settings) throws IOException {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            var node = JSON.readTree(file.toFile());
            return node.path("settings").asText().equals(settings) ? Optional.of(node) : Optional.empty();
        } catch (JsonProcessingException e) {
            throw new IOException(file + " is not a result; remove it", e);
        }
    }

    private static void write(Path file, ObjectNode node) throws IOException {
        Files.createDirectories(file.getParent());
        var part = file.resolveSibling(file.getFileName() + ".part");
        Files.writeString(part, JSON.writeValueAsString(node) + "\n");
        Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
    }
}
