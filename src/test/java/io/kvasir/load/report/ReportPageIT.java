package io.kvasir.load.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.kvasir.load.report.ReportData.Column;
import io.kvasir.load.report.ReportData.Compared;
import io.kvasir.load.statistics.Interval;
import io.kvasir.testing.HeadlessBrowser;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page as a browser shows it: its numbers are read back from tables and from the chart library. */
class ReportPageIT {
    private static final String HOSTILE = "</script><img src=http://example.invalid/x>";

    @TempDir
    private static Path folder;

    private static HeadlessBrowser browser;
    private static Path page;

    @BeforeAll
    static void open() throws IOException, InterruptedException {
        var program = HeadlessBrowser.find();
        assumeTrue(program.isPresent(), "no Chromium on the path; apt-get install chromium, or name one by CHROMIUM");
        page = folder.resolve("deep/report.html");
        ReportPage.write(report(), page);
        browser = new HeadlessBrowser(program.orElseThrow(), folder.resolve("profile"));
        browser.size(1200, 900, 1, false);
        browser.open(page);
    }

    @AfterAll
    static void close() {
        if (browser != null) {
            browser.close();
        }
    }

    private static JsonNode report() {
        var report = new ReportData(
                "two arms",
                "Which? " + HOSTILE,
                "notes",
                "about",
                List.of("pool", "load"),
                List.of("ours", "theirs"),
                "ours");
        report.columns(
                List.of(
                        new Column("ttft-p90", "TTFT p90 s", 1, true, true),
                        new Column("goodput", "goodput %", 100, false, false)),
                List.of(new Compared("ttft-p90", "TTFT p90 ÷ base", 1, 1, true)));
        report.overview("ttft-p90", " s", "p90");
        for (var load : List.of("50%", "80%")) {
            double factor = load.equals("50%") ? 1 : 2;
            var cell = report.cell(
                    "pool · " + load,
                    "10 requests a second",
                    Map.of("pool", "pool", "load", load),
                    List.of("a-0", "b-0"));
            var ours = cell.arm("ours", "here", 5);
            ours.figure("ttft-p90", new Interval(0.25 * factor, 0.2, 0.6));
            ours.figure("goodput", new Interval(0.991, 0.98, 1));
            fill(ours, factor, 70);
            var theirs = cell.arm("theirs", "https://example.invalid", 5);
            theirs.figure("ttft-p90", new Interval(0.5 * factor, 0.4, 1.2));
            theirs.figure("goodput", new Interval(0.875, 0.8, 0.9));
            theirs.versus("ttft-p90", new Interval(2, 1.5, 2.5));
            fill(theirs, 2 * factor, 50);
        }
        return report.json();
    }

    private static void fill(ReportData.Arm arm, double factor, double first) {
        arm.line("ttftCdf", List.of(new double[] {0.1 * factor, 50}, new double[] {0.25 * factor, 90}));
        arm.line("e2eCdf", List.of(new double[] {1 * factor, 50}, new double[] {4 * factor, 100}));
        arm.line("hit", List.of(new double[] {10, 40}, new double[] {20, Double.NaN}, new double[] {30, 60}));
        arm.replicas(new double[] {first, 100 - first});
        arm.parts("picks", Map.of("a", first, "b", 100 - first));
        arm.parts("busy", Map.of("a", 12.5, "b", 7.5));
        arm.line("regret", List.of(new double[] {0, 60}, new double[] {0.4, 100}));
        arm.line("calibration", List.of(new double[] {0.1, 0.2}, new double[] {1, 1.5}));
    }

    @Test
    void itDrawsItselfAndAsksNothingOfAnyNetwork() {
        assertThat(browser.value("document.body.dataset.ready").asText()).isEqualTo("yes");
        assertThat(browser.errors()).isEmpty();
        assertThat(browser.asked())
                .allMatch(url -> url.startsWith("file:") || url.startsWith("data:") || url.equals("about:blank"));
        assertThat(browser.value("document.title").asText()).isEqualTo("two arms");
        assertThat(browser.value("document.getElementById('question').textContent")
                        .asText())
                .isEqualTo("Which? " + HOSTILE);
    }

    @Test
    void theTablesHoldTheNumbers() {
        assertThat(number("#arms tr[data-arm=ours] td[data-figure=ttft-p90]")).isCloseTo(0.25, within(1e-9));
        assertThat(number("#arms tr[data-arm=theirs] td[data-figure=goodput]")).isCloseTo(87.5, within(1e-9));
        assertThat(number("#arms tr[data-arm=theirs] td[data-versus=ttft-p90]")).isCloseTo(2, within(1e-9));
        assertThat(text("#arms tr[data-arm=ours] td[data-figure=ttft-p90]")).isEqualTo("0.250 [0.200, 0.600]");
        assertThat(browser.value("document.querySelector('#arms tr[data-arm=theirs] td[data-versus]').className")
                        .asText())
                .isEqualTo("bad");
        assertThat(browser.value("document.querySelectorAll('#overview tbody tr').length")
                        .asInt())
                .isEqualTo(2);
    }

    @Test
    void thePlotsHoldThePoints() {
        assertThat(plotted("ttft")).isEqualTo("[[\"ours\",[[0.1,50],[0.25,90]]],[\"theirs\",[[0.2,50],[0.5,90]]]]");
        assertThat(plotted("e2e")).isEqualTo("[[\"ours\",[[1,50],[4,100]]],[\"theirs\",[[2,50],[8,100]]]]");
        assertThat(plotted("hit")).isEqualTo("[[\"ours\",[[10,40],[30,60]]],[\"theirs\",[[10,40],[30,60]]]]");
        assertThat(plotted("regret")).isEqualTo("[[\"ours\",[[0,60],[0.4,100]]],[\"theirs\",[[0,60],[0.4,100]]]]");
        assertThat(plotted("calibration"))
                .isEqualTo(
                        "[[\"ours\",[[0.1,0.2],[1,1.5]]],[\"theirs\",[[0.1,0.2],[1,1.5]]],[\"equal\",[[0.1,0.1],[1.5,1.5]]]]");
        assertThat(plotted("replicas")).isEqualTo("[[\"ours\",[70,30]],[\"theirs\",[50,50]]]");
        assertThat(browser.value(
                                "JSON.stringify(Object.fromEntries(Chart.getChart('picks').data.datasets.map(d => [d.label, d.data])))")
                        .asText())
                .contains("\"a\":[70,50]")
                .contains("\"b\":[30,50]");
        assertThat(browser.value("Chart.getChart('busy').data.labels.join()").asText())
                .isEqualTo("ours,theirs");
    }

    @Test
    void everyPlotHasInkOnIt() {
        var blank = browser.value("""
                [...document.querySelectorAll('canvas')].filter(c => {
                  const pixels = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
                  return !pixels.some((v, i) => i % 4 === 3 && v > 0);
                }).map(c => c.id).join()
                """);
        assertThat(blank.asText()).isEmpty();
        assertThat(browser.value("document.querySelectorAll('canvas').length").asInt())
                .isEqualTo(8);
    }

    @Test
    void anotherCellAndFewerArmsAreAChoice() {
        choose("80%");
        assertThat(number("#arms tr[data-arm=ours] td[data-figure=ttft-p90]")).isCloseTo(0.5, within(1e-9));
        assertThat(plotted("ttft")).startsWith("[[\"ours\",[[0.2,50],[0.5,90]]]");
        browser.value("document.querySelector('#chips input[data-arm=theirs]').click()");
        assertThat(plotted("ttft")).isEqualTo("[[\"ours\",[[0.2,50],[0.5,90]]]]");
        browser.value("document.querySelector('#chips input[data-arm=theirs]').click()");
        choose("50%");
        assertThat(plotted("ttft")).contains("theirs");
    }

    @Test
    void aPhoneScrollsTablesAndNotThePage() throws IOException {
        browser.size(390, 844, 2, true);
        browser.open(page);
        assertThat(browser.value("document.documentElement.scrollWidth").asInt())
                .isLessThanOrEqualTo(390);
        assertThat(browser.value(
                                "Math.max(...[...document.querySelectorAll('figure')].map(f => f.getBoundingClientRect().right))")
                        .asDouble())
                .isLessThanOrEqualTo(390);
        var picture = ImageIO.read(new ByteArrayInputStream(browser.picture()));
        assertThat(picture.getWidth()).isEqualTo(780);
        browser.size(1200, 900, 1, false);
        browser.open(page);
    }

    @Test
    void printLeavesOutWhatIsToBeClicked() {
        browser.print(true);
        assertThat(browser.value("getComputedStyle(document.getElementById('chips')).display")
                        .asText())
                .isEqualTo("none");
        assertThat(browser.value("getComputedStyle(document.body).backgroundColor")
                        .asText())
                .isEqualTo("rgb(255, 255, 255)");
        browser.print(false);
    }

    @Test
    void thePageIsOneFileOfModerateSize() throws IOException {
        assertThat(Files.size(page)).isBetween(200_000L, 300_000L);
        try (var files = Files.list(page.getParent())) {
            assertThat(files).containsExactly(page);
        }
    }

    private static void choose(String load) {
        browser.value("{ const s = document.getElementById('facet-load'); s.value = '" + load
                + "'; s.dispatchEvent(new Event('change')) }");
    }

    private static double number(String selector) {
        return browser.value("Number(document.querySelector('" + selector + "').dataset.value)")
                .asDouble();
    }

    private static String text(String selector) {
        return browser.value("document.querySelector('" + selector + "').textContent")
                .asText();
    }

    /** Names and points of a plot, as the chart library has them. */
    private static String plotted(String plot) {
        return browser.value(
                        "JSON.stringify(Chart.getChart('" + plot
                                + "').data.datasets.map(d => [d.label, d.data.map(p => typeof p === 'number' ? p : [p.x, p.y])]))")
                .asText();
    }
}
