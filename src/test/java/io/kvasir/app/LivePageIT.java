package io.kvasir.app;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kvasir.access.ReviewingApi;
import io.kvasir.testing.HeadlessBrowser;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The live page of the built program as a browser shows it. */
class LivePageIT {
    private static final int MANY = 1_000;

    @TempDir
    private static Path folder;

    private static HeadlessBrowser browser;

    @BeforeAll
    static void open() throws IOException, InterruptedException {
        var program = HeadlessBrowser.find();
        assumeTrue(program.isPresent(), "no Chromium on the path; apt-get install chromium, or name one by CHROMIUM");
        browser = new HeadlessBrowser(program.orElseThrow(), folder.resolve("profile"));
        browser.size(1280, 900, 1, false);
    }

    @AfterAll
    static void close() {
        if (browser != null) {
            browser.close();
        }
    }

    private static void moreFrames() throws IOException, InterruptedException {
        int frames = browser.value("Number(document.body.dataset.frames || 0)").asInt();
        browser.await("Number(document.body.dataset.frames) > " + (frames + 1));
    }

    @Test
    void itLivesByItselfOpensDecisionsExplainsRequestsAndShowsAFaultAndARestart() throws Exception {
        int port;
        try (var program = new PageProgram(folder.resolve("first"), 0, Map.of(), "demo")) {
            port = program.port();
            assertThat(program.printed()).contains("Watch it live: http://localhost:" + port + "/");
            browser.open(program.at("/"));
            browser.await("document.getElementById('status').className === 'live'");
            browser.await("document.querySelectorAll('.card').length === 6");
            browser.await("document.querySelectorAll('#by-class tbody tr').length === 4");

            browser.await("document.querySelectorAll('#decisions details .seen').length > 2");
            browser.value("document.querySelector('#decisions summary').click()");
            browser.await("document.querySelector('#decisions .story table')");
            browser.await(
                    "document.querySelector('#decisions .after').textContent.startsWith('Afterwards: completed')");
            assertThat(text("#decisions .story")).contains("prefill", "decode", "candidates", "Believed cached");

            browser.value("document.querySelector('#explain-form').requestSubmit()");
            browser.await("document.querySelector('#explained table')");
            assertThat(text("#explained")).startsWith("To ").contains("6 candidates");
            browser.value("document.getElementById('explain-body').value = '{'");
            browser.value("document.querySelector('#explain-form').requestSubmit()");
            browser.await("document.getElementById('explained').textContent.startsWith('Not explained: ')");

            browser.value(
                    "{ const s = document.querySelector('#faults [data-key=\"h200-1\"] select'); s.value = 'dead';"
                            + " s.dispatchEvent(new Event('change')) }");
            browser.await("[...document.querySelectorAll('.card.out .name')].some(e => e.textContent === 'h200-1')");
            browser.await("document.getElementById('findings').textContent.includes('h200-1 is down')");

            // by keyboard: a card opens its facts, Escape closes them
            browser.value("{ const c = document.querySelector('.card'); c.focus(); c.click(); }");
            browser.await("document.getElementById('details').open");
            assertThat(text("#details-facts")).contains("its page says", "KV events", "pace");
            browser.value("document.getElementById('details').close()");
            aPhoneScrollsNothingSideways();
            aListWithTwoOfOneNameDoesNotGrow();
            viewersThatLeaveInTheMiddleAreForgottenQuietly(program);
            browser.await("document.querySelectorAll('#decisions li').length > 5");
            browser.value("window.before = document.querySelector('#decisions li')");
        }
        browser.await("document.getElementById('status').className === 'lost'");
        try (var again = new PageProgram(folder.resolve("again"), port, Map.of(), "demo")) {
            assertThat(again.port()).isEqualTo(port);
            browser.await("document.getElementById('status').className === 'live'");
            moreFrames();
            assertThat(browser.value("!!window.before").asBoolean())
                    .as("the page was not loaded anew")
                    .isTrue();
            // requests are numbered anew, and replicas are well again
            browser.await("!document.contains(window.before)");
            browser.await("document.querySelectorAll('#decisions li').length > 0");
            browser.await("document.querySelector('#faults [data-key=\"h200-1\"] select').value === 'none'");
            browser.await("document.querySelectorAll('.card.out').length === 0");
            assertThat(browser.errors()).isEmpty();
            assertThat(browser.asked())
                    .allMatch(url -> url.startsWith(again.at("/").toString())
                            || url.startsWith("data:")
                            || url.equals("about:blank")
                            || url.contains(PrefixProxy.PREFIX));
        }
    }

    private static void viewersThatLeaveInTheMiddleAreForgottenQuietly(PageProgram program) throws IOException {
        for (int i = 0; i < 10; i++) {
            try (var viewer = new Socket(InetAddress.getLoopbackAddress(), program.port())) {
                viewer.getOutputStream().write("GET /api/live/stream HTTP/1.1\r\nhost: x\r\n\r\n".getBytes(US_ASCII));
                viewer.shutdownOutput();
                if (i % 2 == 0) {
                    viewer.setSoLinger(true, 0);
                }
            }
        }
        await().untilAsserted(() -> assertThat(metrics(program)).contains("kvasir_live_viewers 1.0"));
        assertThat(program.printed()).doesNotContain("SSE");
    }

    private static String metrics(PageProgram program) throws IOException {
        try (var page = program.at("/metrics").toURL().openStream()) {
            return new String(page.readAllBytes(), UTF_8);
        }
    }

    private static void aListWithTwoOfOneNameDoesNotGrow() throws IOException, InterruptedException {
        browser.value("import('/live/elements.js').then(({sync, el}) => { window.list = el('ul');"
                + " for (let i = 0; i < 5; i++) sync(list, ['a', 'a', 'b'], x => x, x => el('li', '', x)); })");
        browser.await("window.list && window.list.textContent === 'aab'");
    }

    private static void aPhoneScrollsNothingSideways() throws IOException, InterruptedException {
        browser.size(390, 844, 2, true);
        moreFrames();
        assertThat(browser.value("document.documentElement.scrollWidth").asInt())
                .isLessThanOrEqualTo(390);
        assertThat(browser.value("Math.max(...[...document.querySelectorAll('section, figure, .card, #decisions li,"
                                + " #faults select')].map(e => e.getBoundingClientRect().right))")
                        .asDouble())
                .isLessThanOrEqualTo(390);
        browser.size(1280, 900, 1, false);
    }

    @Test
    void aThousandEndpointsBehindATokenAndAPrefixAreTilesThatOpen() throws Exception {
        var pool = new StringBuilder("endpoints:\n");
        for (int i = 0; i < MANY; i++) {
            pool.append("  - {name: replica-%d, address: 127.0.%d.%d, port: 9, product: %s}\n"
                    .formatted(i, 1 + i / 250, 1 + i % 250, i % 2 == 0 ? "NVIDIA-H200" : "AMD-Instinct-MI350X"));
        }
        var file = Files.writeString(folder.resolve("thousand.yaml"), pool);
        try (var api = new ReviewingApi()) {
            api.users.put("viewer-token", "viewer");
            List.of("/api/live", "/api/live/stream", "/api/explain")
                    .forEach(path -> api.grants.add(
                            "viewer " + (path.endsWith("explain") ? "post " : "get ") + "/kvasir" + path));
            try (var program = new PageProgram(
                            folder.resolve("many"),
                            0,
                            Map.of("KUBERNETES_MASTER", api.url()),
                            "serve",
                            "--metrics-endpoint-auth",
                            "--endpoints",
                            file.toString());
                    var proxy = new PrefixProxy(program.port())) {
                browser.open(proxy.page());
                browser.await("!document.getElementById('token-form').hidden");
                assertThat(browser.value("document.body.textContent.includes('replica-')")
                                .asBoolean())
                        .as("names are for who may read them")
                        .isFalse();
                enter("made-up");
                browser.await("document.getElementById('token-why').textContent.startsWith('That token does not do')");
                enter("viewer-token");
                browser.await("document.querySelectorAll('.tile').length === " + MANY);
                browser.await("document.querySelectorAll('.tile.out').length === " + MANY);
                browser.await("document.querySelectorAll('#findings li').length === 200");
                moreFrames();
                browser.value("document.querySelector('.tile').click()");
                browser.await("document.getElementById('details').open");
                assertThat(text("#details-facts")).contains("127.0.");
                assertThat(browser.value("document.getElementById('demo').hidden")
                                .asBoolean())
                        .isTrue();
                browser.value("document.getElementById('details').close()");
                assertThat(browser.errors()).isEmpty();
            }
        }
    }

    private static void enter(String token) {
        browser.value("{ document.getElementById('token').value = '" + token
                + "'; document.getElementById('token-form').requestSubmit() }");
    }

    private static String text(String selector) {
        return browser.value("document.querySelector('" + selector + "').textContent")
                .asText();
    }
}
