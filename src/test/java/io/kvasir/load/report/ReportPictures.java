package io.kvasir.load.report;

import io.kvasir.testing.HeadlessBrowser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Takes pictures of a report, for the documentation: {@code ReportPictures PAGE FOLDER} writes {@code NAME.png},
 * {@code NAME-plots.png}, {@code NAME-phone.png} and {@code NAME-phone-plots.png}.
 */
final class ReportPictures {
    private ReportPictures() {}

    public static void main(String... args) throws IOException, InterruptedException {
        var page = Path.of(args[0]).toAbsolutePath();
        var folder = Files.createDirectories(Path.of(args[1]));
        var name = page.getFileName().toString().replace(".html", "");
        var profile = Files.createTempDirectory("report-pictures");
        try (var browser = new HeadlessBrowser(HeadlessBrowser.find().orElseThrow(), profile)) {
            browser.size(1280, 900, 1, false);
            take(browser, page, folder, name);
            browser.size(390, 844, 2, true);
            take(browser, page, folder, name + "-phone");
        }
    }

    private static void take(HeadlessBrowser browser, Path page, Path folder, String name) throws IOException {
        browser.open(page);
        Files.write(folder.resolve(name + ".png"), browser.picture());
        browser.value("document.getElementById('charts').scrollIntoView()");
        Files.write(folder.resolve(name + "-plots.png"), browser.picture());
    }
}
