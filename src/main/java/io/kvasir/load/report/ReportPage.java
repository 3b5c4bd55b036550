package io.kvasir.load.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Writes a report as one HTML file that asks nothing of any network: data, style, script and the chart library (Chart.js)
 * are in it.
 */
public final class ReportPage {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern PLACE = Pattern.compile("\\{\\{(\\w+)}}");
    private static final String CHART_JS = "/META-INF/resources/webjars/chart.js/4.5.1/dist/chart.umd.min.js";

    private ReportPage() {}

    /**
     * Writes the page.
     *
     * @param report as {@link ReportData} makes it
     * @param file replaced if it exists; its folder is made
     * @throws IOException if it cannot be written
     */
    public static void write(JsonNode report, Path file) throws IOException {
        var folder = file.toAbsolutePath().getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
        Files.writeString(file, html(report));
    }

    /** The page's text. */
    static String html(JsonNode report) throws IOException {
        var parts = Map.of(
                "title", escaped(report.path("title").asText()),
                "style", resource("/report/report.css"),
                "chart", script(resource(CHART_JS)),
                "script", script(resource("/report/report.js")),
                "data", data(report));
        var places = PLACE.matcher(resource("/report/page.html"));
        return places.replaceAll(place -> Matcher.quoteReplacement(parts.get(place.group(1))));
    }

    /** No text of a report can end the element that it is in. */
    private static String data(JsonNode report) throws JsonProcessingException {
        return JSON.writeValueAsString(report).replace("<", "\\u003c");
    }

    /** A browser would ask for the source map that a script names. */
    private static String script(String text) {
        return text.replaceAll("(?m)^//# sourceMappingURL=.*$", "");
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;");
    }

    private static String resource(String name) throws IOException {
        try (var in = ReportPage.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IOException(name + " is not on the class path");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
