package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** What dashboards and alerts ask Prometheus is there: series, labels, values, and pages for what to do. */
class DashboardsTest {
    private static final Path DASHBOARDS = Path.of("deploy/grafana");
    private static final Path ALERTS = Path.of("deploy/alerts");
    private static final Pattern ROW = Pattern.compile("\\| `(kvasir_\\w+)` \\| \\w+ \\|([^|]*)\\|.*");
    private static final Pattern SERIES = Pattern.compile("(kvasir_\\w+)(?:\\{([^}]*)\\})?");
    private static final Pattern MATCHER = Pattern.compile("(\\w+)\\s*(?:=~|!=|!~|=)\\s*\"([^\"]*)\"");
    private static final Pattern BY = Pattern.compile("\\b(?:by|on) \\(([^)]*)\\)");
    private static final Pattern OTHERS = Pattern.compile("\\b(?:jvm|process|system)_\\w+");
    private static final Pattern QUOTED = Pattern.compile("`([^`]*)`");
    /** What differs from case to case in what the program says. */
    private static final Pattern VARIABLE =
            Pattern.compile("[0-9.]+( %)?| \\([^)]*\\)|: (e1|h200|(?=of priority|[0-9]))| X |…|/api/.*");
    /** Labels that Prometheus adds, and that histograms have. */
    private static final Set<String> ALWAYS = Set.of("job", "instance", "le");

    /** Labels by name of a metric. */
    private static Map<String, Set<String>> documented() throws IOException {
        var labels = new TreeMap<String, Set<String>>();
        for (String line : Files.readAllLines(Path.of("docs/metrics.md"))) {
            var row = ROW.matcher(line);
            if (row.matches()) {
                labels.put(
                        row.group(1),
                        Arrays.stream(row.group(2).split(",", -1))
                                .map(label -> label.strip().replace("`", ""))
                                .filter(label -> !label.isEmpty())
                                .collect(Collectors.toSet()));
            }
        }
        return labels;
    }

    /** Expressions by where they stand. */
    private static Map<String, String> expressions() throws IOException {
        var all = new TreeMap<String, String>();
        try (var files = Files.list(DASHBOARDS)) {
            for (Path file : files.toList()) {
                for (JsonNode panel : new ObjectMapper().readTree(file.toFile()).get("panels")) {
                    for (JsonNode target : panel.path("targets")) {
                        all.put(
                                file.getFileName() + ": " + panel.get("title").asText() + " "
                                        + target.get("refId").asText() + panel.get("id"),
                                target.get("expr").asText());
                    }
                }
            }
        }
        for (JsonNode rule : rules()) {
            all.put("alert " + rule.get("alert").asText(), rule.get("expr").asText());
        }
        return all;
    }

    private static JsonNode rules() throws IOException {
        return new YAMLMapper()
                .readTree(ALERTS.resolve("kvasir.rules.yaml").toFile())
                .at("/groups/0/rules");
    }

    private static String sources() throws IOException {
        var all = new StringBuilder();
        try (var files = Files.walk(Path.of("src/main/java"))) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".java")).toList()) {
                all.append(Files.readString(file));
            }
        }
        return all.toString();
    }

    @TestFactory
    List<DynamicTest> everyExpressionAsksForSeriesLabelsAndValuesThatExist() throws IOException {
        var documented = documented();
        var sources = sources();
        var tests = new ArrayList<DynamicTest>();
        expressions()
                .forEach((where, expression) ->
                        tests.add(DynamicTest.dynamicTest(where, () -> check(expression, documented, sources))));
        assertThat(tests).hasSizeGreaterThan(100);
        return tests;
    }

    private static void check(String expression, Map<String, Set<String>> documented, String sources) {
        var allowed = new HashSet<>(ALWAYS);
        int asked = 0;
        var series = SERIES.matcher(expression);
        while (series.find()) {
            asked++;
            String name = series.group(1);
            String family = documented.containsKey(name) ? name : name.replaceFirst("_(bucket|count|sum)$", "");
            assertThat(documented).containsKey(family);
            var labels = documented.getOrDefault(family, Set.of());
            allowed.addAll(labels);
            var matcher = MATCHER.matcher(series.group(2) == null ? "" : series.group(2));
            while (matcher.find()) {
                String label = matcher.group(1);
                assertThat(labels.contains(label) || ALWAYS.contains(label))
                        .as("%s of %s", label, name)
                        .isTrue();
                if (!ALWAYS.contains(label)) {
                    for (String value : matcher.group(2).split("\\|", -1)) {
                        String constant = value.toUpperCase(Locale.ROOT).replace('-', '_');
                        assertThat(sources.contains("\"" + value + "\"")
                                        || sources.contains(" " + constant + ",")
                                        || sources.contains(" " + constant + "\n"))
                                .as("%s=%s of %s", label, value, name)
                                .isTrue();
                    }
                }
            }
        }
        assertThat(asked > 0 || OTHERS.matcher(expression).find())
                .as(expression)
                .isTrue();
        var by = BY.matcher(expression);
        while (asked > 0 && by.find()) {
            for (String label : by.group(1).split(",", -1)) {
                assertThat(allowed).contains(label.strip());
            }
        }
    }

    /** Series of the program that dashboards and alerts ask for, as its page has them. */
    static Set<String> asked() throws IOException {
        var names = new HashSet<String>();
        for (String expression : expressions().values()) {
            SERIES.matcher(expression).results().forEach(found -> names.add(found.group(1)));
        }
        return names;
    }

    /** Series of others that dashboards ask for; the program is asked whether it has them where it runs. */
    static Set<String> othersAsked() throws IOException {
        var names = new HashSet<String>();
        for (String expression : expressions().values()) {
            OTHERS.matcher(expression).results().forEach(found -> names.add(found.group()));
        }
        return names;
    }

    @Test
    void everyAlertHasAPageThatNamesItAndEveryPageAnAlert() throws IOException {
        var pages = new HashSet<String>();
        for (JsonNode rule : rules()) {
            String name = rule.get("alert").asText();
            Path page = Path.of(rule.at("/annotations/runbook").asText());
            assertThat(page).as(name).exists();
            assertThat(Files.readString(page))
                    .contains("`" + name + "`", "What it means", "Where to look", "What to do");
            assertThat(rule.at("/annotations/summary").asText()).as(name).isNotBlank();
            assertThat(rule.at("/labels/severity").asText()).as(name).isIn("critical", "warning", "info");
            pages.add(page.getFileName().toString());
        }
        try (var files = Files.list(Path.of("docs/runbooks"))) {
            assertThat(files.map(file -> file.getFileName().toString())).containsExactlyInAnyOrderElementsOf(pages);
        }
    }

    @Test
    void pagesNameMetricsAndFlagsThatExist() throws IOException {
        var documented = documented().keySet();
        var flags = Arrays.stream(Flag.values()).flatMap(Flag::names).collect(Collectors.toSet());
        try (var files = Files.list(Path.of("docs/runbooks"))) {
            for (Path file : files.toList()) {
                String page = Files.readString(file);
                Pattern.compile("`(kvasir_\\w+)")
                        .matcher(page)
                        .results()
                        .forEach(found ->
                                assertThat(documented).as(file.toString()).contains(found.group(1)));
                Pattern.compile("`--([a-z-]+)")
                        .matcher(page)
                        .results()
                        .forEach(found -> assertThat(flags).as(file.toString()).contains(found.group(1)));
                Pattern.compile("\\]\\(([^)#]+)")
                        .matcher(page)
                        .results()
                        .forEach(found ->
                                assertThat(file.resolveSibling(found.group(1))).exists());
            }
        }
    }

    /** What docs/operations.md lets the page and the log say of incidents is what they say. */
    @Test
    void incidentsAreToldInTheWordsOfTheProgram() throws IOException {
        String sources = sources().replaceAll("\"\\s*\\+\\s*\"", "");
        var documented = documented().keySet();
        int incidents = 0;
        for (String line : Files.readAllLines(Path.of("docs/operations.md"))) {
            var cells = line.split("\\|", -1);
            if (!line.startsWith("| **") || cells.length != 8) {
                continue;
            }
            incidents++;
            QUOTED.matcher(cells[2] + cells[4])
                    .results()
                    .map(quoted -> quoted.group(1))
                    .forEach(words -> {
                        for (String part : VARIABLE.split(words, -1)) {
                            assertThat(sources).as(words).contains(part.strip());
                        }
                    });
            QUOTED.matcher(cells[3])
                    .results()
                    .map(quoted -> quoted.group(1).replaceFirst("\\{.*", ""))
                    .filter(name -> name.startsWith("kvasir_"))
                    .forEach(name -> assertThat(documented).as(line).contains(name));
            assertThat(cells[2]).as(line).isNotBlank();
            assertThat(cells[3]).as(line).contains("`kvasir_");
        }
        assertThat(incidents).isGreaterThan(9);
    }

    @Test
    void everyAlertIsSeenToFire() throws IOException {
        var fires = new HashSet<String>();
        for (JsonNode test : new YAMLMapper()
                .readTree(ALERTS.resolve("kvasir.rules.test.yaml").toFile())
                .get("tests")) {
            for (JsonNode rule : test.get("alert_rule_test")) {
                if (!rule.get("exp_alerts").isEmpty()) {
                    fires.add(rule.get("alertname").asText());
                }
            }
        }
        var alerts = new HashSet<String>();
        rules().forEach(rule -> alerts.add(rule.get("alert").asText()));
        assertThat(fires).isEqualTo(alerts);
    }

    @Test
    void promtoolTakesTheRulesAndTheyFireAsTheirTestsSay(@TempDir Path folder) throws Exception {
        var promtool = promtool();
        Assumptions.assumeTrue(
                promtool != null,
                "no promtool: neither PROMTOOL nor the PATH names one; src/test/scripts/fetch-promtool");
        for (var words : List.of(
                List.of("check", "rules", "kvasir.rules.yaml"), List.of("test", "rules", "kvasir.rules.test.yaml"))) {
            var command = new ArrayList<>(List.of(promtool));
            command.addAll(words);
            var log = folder.resolve("log");
            var process = new ProcessBuilder(command)
                    .directory(ALERTS.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).as(Files.readString(log)).isZero();
        }
    }

    private static @Nullable String promtool() {
        var named = System.getenv("PROMTOOL");
        if (named != null) {
            return named;
        }
        String cache = System.getenv().getOrDefault("XDG_CACHE_HOME", System.getProperty("user.home") + "/.cache");
        return Stream.concat(
                        Stream.of(cache + "/kvasir/bin"),
                        Arrays.stream(System.getenv("PATH").split(":", -1)))
                .map(folder -> Path.of(folder, "promtool"))
                .filter(Files::isExecutable)
                .map(Path::toString)
                .findFirst()
                .orElse(null);
    }
}
