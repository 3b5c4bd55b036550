package io.kvasir.load.study;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvasir.load.study.Figure.Of;
import io.kvasir.load.study.RunRecord.Replica;
import io.kvasir.load.study.Study.Cell;
import io.kvasir.load.workload.Workloads;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipException;

/**
 * Runs in a folder, a compressed JSON file each, by cell, arm, seed and conditions: studies that ask for the same run share
 * it. Thread-safe, as each file is written by who made its run.
 */
final class RunStore {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path folder;
    private final String program;

    /** Runs of this program below {@code folder}, which is made when the first is saved. */
    RunStore(Path folder) {
        this(folder, ProgramDigest.ofRuns());
    }

    /** @param program tells apart what makes runs; those of others are left alone */
    RunStore(Path folder, String program) {
        this.folder = folder;
        this.program = program;
    }

    /** A saved run of these conditions. */
    Optional<RunRecord> run(Study study, Cell cell, String arm, long seed) throws IOException {
        String conditions = conditions(study, cell, seed);
        return read(runFile(cell, arm, seed, conditions), conditions).map(RunStore::fromJson);
    }

    /** Saves a run; returns it as it will be read again. */
    RunRecord save(Study study, Cell cell, String arm, long seed, RunRecord run) throws IOException {
        String conditions = conditions(study, cell, seed);
        var node = toJson(run).put("conditions", conditions);
        write(runFile(cell, arm, seed, conditions), node);
        return fromJson(node);
    }

    /** The saved capacity of a pool for a workload with a seed, in requests per second. */
    OptionalDouble capacity(Study study, Cell cell, long seed) throws IOException {
        String conditions = capacityConditions(study, cell);
        var saved = read(capacityFile(cell, seed, conditions), conditions);
        return saved.isPresent()
                ? OptionalDouble.of(saved.get().path("requestsPerSecond").asDouble())
                : OptionalDouble.empty();
    }

    /** Saves a capacity. */
    void saveCapacity(Study study, Cell cell, long seed, double perSecond) throws IOException {
        String conditions = capacityConditions(study, cell);
        write(
                capacityFile(cell, seed, conditions),
                JSON.createObjectNode().put("conditions", conditions).put("requestsPerSecond", perSecond));
    }

    private String conditions(Study study, Cell cell, long seed) {
        return study.conditions(cell, seed)
                + traces(study, cell)
                + (study.settings(seed).oracle() ? ", compared with the informed greedy" : "")
                + ", program "
                + program;
    }

    private static String capacityConditions(Study study, Cell cell) {
        return study.capacityConditions() + traces(study, cell) + ", engines " + ProgramDigest.ofEngines();
    }

    private static String traces(Study study, Cell cell) {
        return Workloads.recorded(cell.workload()) ? ", traces of " + study.traces() : "";
    }

    private Path runFile(Cell cell, String arm, long seed, String conditions) {
        return folder.resolve(plain(cell.pool()))
                .resolve(cell.workload())
                .resolve(plain(cell.load().toString()))
                .resolve(arm + "-seed" + seed + ending(conditions));
    }

    private Path capacityFile(Cell cell, long seed, String conditions) {
        return folder.resolve(plain(cell.pool()))
                .resolve(cell.workload())
                .resolve("capacity-seed" + seed + ending(conditions));
    }

    private static String ending(String conditions) {
        return "-" + Integer.toHexString(conditions.hashCode()) + ".json.gz";
    }

    private static String plain(String text) {
        return text.replace("%", "pct").replace("/s", "rps").replaceAll("[^A-Za-z0-9.-]+", "_");
    }

    private static Optional<JsonNode> read(Path file, String conditions) throws IOException {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try (var in = new GZIPInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
            var node = JSON.readTree(in);
            return node.path("conditions").asText().equals(conditions) ? Optional.of(node) : Optional.empty();
        } catch (JsonProcessingException | ZipException | EOFException e) {
            throw new IOException(file + " is not a saved run; remove it", e);
        }
    }

    private static void write(Path file, ObjectNode node) throws IOException {
        Files.createDirectories(file.getParent());
        var part = file.resolveSibling(file.getFileName() + ".part");
        try (var out = new GZIPOutputStream(new BufferedOutputStream(Files.newOutputStream(part)))) {
            JSON.writeValue(out, node);
        }
        Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
    }

    private static ObjectNode toJson(RunRecord run) {
        var node = JSON.createObjectNode();
        node.put("rate", run.rate()).put("digest", run.digest());
        var figures = node.putObject("figures");
        run.figures().forEach((figure, value) -> put(figures, figure.key(), value));
        var values = node.putObject("values");
        for (var of : Of.values()) {
            numbers(values.putArray(of.name()), run.values(of));
        }
        var replicas = node.putArray("replicas");
        for (var replica : run.replicas()) {
            replicas.addObject()
                    .put("name", replica.name())
                    .put("device", replica.device())
                    .put("requests", replica.requests())
                    .put("busySeconds", rounded(replica.busySeconds()));
        }
        rows(node.putArray("hits"), run.hits());
        rows(node.putArray("calibration"), run.calibration());
        numbers(node.putArray("regret"), run.regret());
        return node;
    }

    private static RunRecord fromJson(JsonNode node) {
        var figures = new EnumMap<Figure, Double>(Figure.class);
        for (var figure : Figure.values()) {
            if (node.path("figures").path(figure.key()).isNumber()) {
                figures.put(figure, node.path("figures").path(figure.key()).asDouble());
            }
        }
        var values = new EnumMap<Of, double[]>(Of.class);
        for (var of : Of.values()) {
            values.put(of, numbers(node.path("values").path(of.name())));
        }
        var replicas = new ArrayList<Replica>();
        for (var replica : node.path("replicas")) {
            replicas.add(new Replica(
                    replica.path("name").asText(),
                    replica.path("device").asText(),
                    replica.path("requests").asInt(),
                    replica.path("busySeconds").asDouble()));
        }
        return new RunRecord(
                node.path("rate").asDouble(),
                node.path("digest").asLong(),
                figures,
                values,
                replicas,
                rows(node.path("hits")),
                rows(node.path("calibration")),
                numbers(node.path("regret")));
    }

    private static void put(ObjectNode node, String key, double value) {
        if (Double.isFinite(value)) {
            node.put(key, rounded(value));
        }
    }

    private static void rows(ArrayNode into, List<double[]> rows) {
        for (double[] row : rows) {
            numbers(into.addArray(), row);
        }
    }

    private static List<double[]> rows(JsonNode node) {
        var rows = new ArrayList<double[]>(node.size());
        node.forEach(row -> rows.add(numbers(row)));
        return rows;
    }

    private static void numbers(ArrayNode into, double[] values) {
        for (double value : values) {
            if (Double.isFinite(value)) {
                into.add(rounded(value));
            } else {
                into.addNull();
            }
        }
    }

    private static double[] numbers(JsonNode node) {
        double[] values = new double[node.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = node.get(i).isNumber() ? node.get(i).asDouble() : Double.NaN;
        }
        return values;
    }

    /** Five digits that count: more would only fill the disk. */
    private static double rounded(double value) {
        if (value == 0 || !Double.isFinite(value)) {
            return value;
        }
        double scale = Math.pow(10, 4 - Math.floor(Math.log10(Math.abs(value))));
        return Math.rint(value * scale) / scale;
    }
}
