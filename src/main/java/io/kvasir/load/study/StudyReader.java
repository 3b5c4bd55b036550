package io.kvasir.load.study;

import io.kvasir.config.ConfigNode;
import io.kvasir.config.ConfigNode.Entry;
import io.kvasir.config.ConfigNode.Kind;
import io.kvasir.config.ConfigNode.Mapping;
import io.kvasir.config.ConfigNode.Scalar;
import io.kvasir.config.ConfigNode.Sequence;
import io.kvasir.config.ConfigReader;
import io.kvasir.config.Fields;
import io.kvasir.config.InvalidConfigException;
import io.kvasir.config.UnknownKeys;
import io.kvasir.load.Rate;
import io.kvasir.load.replay.ReplayArm;
import io.kvasir.load.replay.Slo;
import io.kvasir.load.replay.arm.Arms;
import io.kvasir.load.study.Study.Capacity;
import io.kvasir.load.study.Study.CapacityPlan;
import io.kvasir.load.workload.Workloads;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reads study files, strictly. What is wrong is told in one line with file, line, key, value and what is allowed. */
final class StudyReader {
    /** Keys that the command line may replace. */
    static final List<String> OVERRIDES = List.of(
            "pools", "workloads", "loads", "arms", "seeds", "minutes", "warm-up-seconds", "distortion", "routers");

    private static final List<String> KEYS = List.of(
            "question",
            "pools",
            "workloads",
            "loads",
            "arms",
            "seeds",
            "minutes",
            "warm-up-seconds",
            "drain-seconds",
            "distortion",
            "slo",
            "routers",
            "oracle-seeds",
            "capacity",
            "traces");
    private static final List<String> SLO_KEYS = List.of("ttft", "tpot");
    private static final List<String> CAPACITY_KEYS = List.of("arm", "share", "minutes", "known");
    private static final List<String> LISTS = List.of("pools", "workloads", "loads", "arms", "seeds");
    private static final String REQUIRED = "required: pools, workloads, loads, arms, seeds";
    private static final String ALL = "all";

    private final Path file;
    private final Fields fields;

    private StudyReader(Path file, Fields fields) {
        this.file = file;
        this.fields = fields;
    }

    /**
     * Reads a study.
     *
     * @param overrides what replaces the file's, by key; lists with commas (of pools with semicolons, as their
     *     specifications have commas)
     * @throws IOException if the file cannot be read
     * @throws InvalidConfigException if it is not right
     */
    static Study read(Path file, Map<String, String> overrides) throws IOException, InvalidConfigException {
        var root = ConfigReader.parse(file.toString(), ConfigReader.bytes(file));
        if (!(root instanceof Mapping mapping)) {
            throw InvalidConfigException.at(
                    file.toString(), root.line(), "must be a mapping with keys " + String.join(", ", KEYS));
        }
        var entries = new LinkedHashMap<>(mapping.entries());
        overrides.forEach((key, text) -> entries.put(key, new Entry(0, node(key, text))));
        return new StudyReader(file, Fields.of(file.toString(), "", new Mapping(mapping.line(), entries))).study();
    }

    private static ConfigNode node(String key, String text) {
        if (!LISTS.contains(key)) {
            return new Scalar(0, text, Kind.TEXT);
        }
        var items = Arrays.stream(text.split(key.equals("pools") ? ";" : ",", -1))
                .<ConfigNode>map(item -> new Scalar(0, item.strip(), Kind.TEXT))
                .toList();
        return new Sequence(0, items);
    }

    private Study study() throws InvalidConfigException {
        fields.known(KEYS, UnknownKeys.REFUSED);
        double seconds = 60 * fields.number("minutes", 10, 0.1, 24 * 60, null);
        double warmUp = fields.number("warm-up-seconds", Math.min(60, seconds / 5), 0, 86_400, null);
        if (warmUp >= seconds) {
            throw fields.problem("warm-up-seconds", warmUp + " leaves nothing of " + seconds + " s to count");
        }
        return new Study(
                file.getFileName().toString().replaceFirst("\\.ya?ml$", ""),
                text("question", ""),
                list("pools", StudyPools.names(), text -> StudyPools.of(text).name()),
                list("workloads", Workloads.NAMES, StudyReader::workload),
                list("loads", List.of(), StudyReader::load),
                list("arms", Arms.all().stream().map(ReplayArm::name).toList(), StudyReader::arm),
                list("seeds", List.of(), StudyReader::seed),
                seconds,
                warmUp,
                fields.number("drain-seconds", 120, 1, 86_400, null),
                fields.number("distortion", 1, 1, 10, null),
                slo(),
                (int) fields.whole("routers", 1, 1, 100),
                (int) fields.whole("oracle-seeds", 1, 0, 1_000),
                capacity(seconds),
                file.toAbsolutePath()
                        .resolveSibling(text("traces", "../traces"))
                        .normalize());
    }

    private @Nullable Slo slo() throws InvalidConfigException {
        var inner = fields.fields("slo", "a mapping with keys " + String.join(", ", SLO_KEYS));
        if (inner == null) {
            return null;
        }
        inner.known(SLO_KEYS, UnknownKeys.REFUSED);
        return new Slo(
                inner.number("ttft", Double.NaN, 0.001, 3_600, null),
                inner.number("tpot", Double.NaN, 0.0001, 60, null));
    }

    private CapacityPlan capacity(double seconds) throws InvalidConfigException {
        double usual = Math.min(seconds, 180);
        var inner = fields.fields("capacity", "a mapping with keys " + String.join(", ", CAPACITY_KEYS));
        if (inner == null) {
            return new CapacityPlan("informed-greedy", 0.9, usual, Map.of());
        }
        inner.known(CAPACITY_KEYS, UnknownKeys.REFUSED);
        String arm = inner.text("arm");
        if (arm != null) {
            checked("arm", arm, StudyReader::arm, inner);
        }
        return new CapacityPlan(
                arm == null ? "informed-greedy" : arm,
                inner.number("share", 0.9, 0.01, 1, null),
                60 * inner.number("minutes", usual / 60, 0.1, 24 * 60, null),
                known(inner));
    }

    private Map<Capacity, Double> known(Fields capacity) throws InvalidConfigException {
        var pools = capacity.fields("known", "a mapping of pools to workloads to requests a second");
        if (pools == null) {
            return Map.of();
        }
        var known = new LinkedHashMap<Capacity, Double>();
        for (String pool : pools.mapping().entries().keySet()) {
            checked("known", pool, text -> StudyPools.of(text).name(), capacity);
            var workloads = pools.fields(pool, "a mapping of workloads to requests a second");
            if (workloads == null) {
                continue;
            }
            workloads.known(Workloads.NAMES, UnknownKeys.REFUSED);
            for (var entry : workloads.mapping().entries().entrySet()) {
                String workload = entry.getKey();
                if (entry.getValue().value() instanceof Mapping perSeed) {
                    var seeds = Objects.requireNonNull(workloads.fields(workload, "a mapping of seeds"));
                    for (String seed : perSeed.entries().keySet()) {
                        checked(workload, seed, StudyReader::seed, workloads);
                        known.put(new Capacity(pool, workload, seed(seed)), perSecond(seeds, seed));
                    }
                } else {
                    known.put(new Capacity(pool, workload, Capacity.ALL_SEEDS), perSecond(workloads, workload));
                }
            }
        }
        return known;
    }

    private static double perSecond(Fields in, String key) throws InvalidConfigException {
        double perSecond = in.number(key, Double.NaN, 0.001, 1e6, null);
        if (Double.isNaN(perSecond)) {
            throw in.bad(key, "", "a number from 0.001 to 1000000");
        }
        return perSecond;
    }

    private String text(String key, String otherwise) throws InvalidConfigException {
        String text = fields.text(key);
        return text == null ? otherwise : text;
    }

    private <T> List<T> list(String key, List<String> all, Function<String, T> parse) throws InvalidConfigException {
        var texts = fields.texts(key, "a list of at least one");
        if (texts.isEmpty()) {
            throw fields.missing(key, "allowed: a list of at least one; " + REQUIRED, KEYS);
        }
        var values = new LinkedHashSet<T>();
        for (String text : texts) {
            for (String one : text.equals(ALL) && !all.isEmpty() ? all : List.of(text)) {
                values.add(checked(key, one, parse, fields));
            }
        }
        return new ArrayList<>(values);
    }

    private static <T> T checked(String key, String text, Function<String, T> parse, Fields in)
            throws InvalidConfigException {
        try {
            return parse.apply(text);
        } catch (IllegalArgumentException e) {
            String message = String.valueOf(e.getMessage());
            throw in.bad(key, text, message.substring(message.indexOf("allowed: ") + "allowed: ".length()));
        }
    }

    private static String workload(String name) {
        Workloads.slo(name);
        return name;
    }

    private static String arm(String name) {
        return Arms.named(name).name();
    }

    private static Rate load(String text) {
        try {
            var rate = Rate.parse(text);
            if (rate.unit() != Rate.Unit.TIMES_TRACE) {
                return rate;
            }
        } catch (IllegalArgumentException e) {
            // reported below with the forms that are allowed
        }
        throw new IllegalArgumentException("allowed: 35/s (requests a second), or of measured capacity 80%");
    }

    private static Long seed(String text) {
        try {
            return Long.valueOf(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("allowed: whole numbers", e);
        }
    }
}
