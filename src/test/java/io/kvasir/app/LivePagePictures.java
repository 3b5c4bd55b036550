package io.kvasir.app;

import io.kvasir.testing.HeadlessBrowser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Not a test: takes the pictures of the live page that stand in the docs, for src/test/scripts/live-pictures. */
class LivePagePictures {
    /** Of the requests, that of a row of the table of classes, in %. */
    private static final String SHARE =
            "(row => parseFloat(document.querySelectorAll('#by-class tbody tr')[row].children[3].textContent))";

    @TempDir
    private static Path folder;

    @Test
    void takeThem() throws IOException, InterruptedException {
        Path into = Path.of(System.getProperty("kvasir.pictures", "target/pictures"));
        Files.createDirectories(into);
        try (var program = new PageProgram(folder.resolve("demo"), 0, Map.of(), "demo");
                var browser = new HeadlessBrowser(HeadlessBrowser.find().orElseThrow(), folder.resolve("profile"))) {
            browser.dark(false);
            browser.size(1440, 1000, 1, false);
            browser.open(program.at("/"));
            frames(browser, 60);
            // slow is seen of one that is asked, beside another like it
            boolean nvidia = browser.value(
                            "Number(document.querySelector('#by-class tbody tr').textContent.startsWith('h200'))"
                                    + " === Number(" + SHARE + "(0) > " + SHARE + "(1))")
                    .asBoolean();
            fault(browser, nvidia ? "h200-0" : "mi350x-0", "slow");
            fault(browser, nvidia ? "mi350x-1" : "h200-1", "dead");
            frames(browser, 90);
            picture(browser, into.resolve("live-page.png"), "0");
            picture(
                    browser,
                    into.resolve("live-page-charts.png"),
                    "document.getElementById('by-class').offsetTop - 130");
            browser.value("{ const d = [...document.querySelectorAll('#decisions details')].find(d =>"
                    + " d.querySelector('.seen').textContent.startsWith('first')); d.open = true; }");
            browser.value("document.querySelector('#explain-form').requestSubmit()");
            browser.await("document.querySelector('#explained table')");
            browser.value("document.getElementById('hold').click()");
            picture(
                    browser,
                    into.resolve("live-page-decisions.png"),
                    "document.getElementById('decisions-title').offsetTop - 80");
            browser.dark(true);
            picture(browser, into.resolve("live-page-dark.png"), "0");
            browser.dark(false);
            browser.size(390, 844, 2, true);
            picture(browser, into.resolve("live-page-phone.png"), "document.getElementById('pool').offsetTop - 110");
        }
    }

    private static void frames(HeadlessBrowser browser, int count) throws IOException, InterruptedException {
        int until = browser.value("Number(document.body.dataset.frames || 0)").asInt() + count;
        // a wait is cut into pieces, each within the browser's patience
        for (int at = until - count; at <= until; at += 10) {
            browser.await("Number(document.body.dataset.frames) >= " + Math.min(at, until));
        }
        browser.await("Number(document.body.dataset.frames) >= " + until);
    }

    private static void fault(HeadlessBrowser browser, String replica, String fault)
            throws IOException, InterruptedException {
        browser.await("document.querySelector('#faults [data-key=\"" + replica + "\"] select')");
        browser.value("{ const s = document.querySelector('#faults [data-key=\"" + replica + "\"] select'); s.value = '"
                + fault + "'; s.dispatchEvent(new Event('change')) }");
    }

    private static void picture(HeadlessBrowser browser, Path file, String top)
            throws IOException, InterruptedException {
        browser.value("window.scrollTo(0, " + top + ")");
        browser.value("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))");
        frames(browser, 2);
        browser.value("window.scrollTo(0, " + top + ")");
        Files.write(file, browser.picture());
    }
}
