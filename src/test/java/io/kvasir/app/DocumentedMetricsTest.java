package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What the program declares against what the documentation lists. */
class DocumentedMetricsTest {
    private static final Path SOURCES = Path.of("src/main/java");
    private static final Pattern DECLARED =
            Pattern.compile("sink\\s*\\.(counters?|gauge|histogram)\\(\\s*\"(kvasir_\\w+)\"");
    private static final Pattern NAMED = Pattern.compile("\"(kvasir_[a-z_]+)\"");

    private static Map<String, String> declared(String source) {
        var types = new TreeMap<String, String>();
        var found = DECLARED.matcher(source);
        while (found.find()) {
            boolean counts = found.group(1).startsWith("counter");
            types.put(found.group(2) + (counts ? "_total" : ""), counts ? "counter" : found.group(1));
        }
        return types;
    }

    @Test
    void theDocumentationListsWhatIsDeclared() throws IOException {
        var declared = new TreeMap<String, String>();
        try (var files = Files.walk(SOURCES)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".java")).toList()) {
                declared.putAll(declared(Files.readString(file)));
            }
        }
        assertThat(declared).hasSizeGreaterThan(80).isEqualTo(DocumentedMetrics.read());
    }

    @Test
    void thereIsOneWayToDeclareAMetric() throws IOException {
        try (var files = Files.walk(SOURCES)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".java")).toList()) {
                String source = Files.readString(file);
                var named = NAMED.matcher(source);
                var declared = declared(source).keySet();
                while (named.find()) {
                    String name = named.group(1);
                    assertThat(declared.contains(name) || declared.contains(name + "_total") || name.equals("kvasir_"))
                            .as("%s in %s", name, file)
                            .isTrue();
                }
            }
        }
    }
}
