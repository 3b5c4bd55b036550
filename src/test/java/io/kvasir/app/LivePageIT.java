package io.kvasir.app;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.kvasir.access.ReviewingApi;
import io.kvasir.testing.Axe;
import io.kvasir.testing.HeadlessBrowser;
import io.kvasir.testing.ReservedPorts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The live page of the built program as a browser shows it. */
class LivePageIT {
    private static final int MANY = 1_000;
    private static final int MOST_STOPS = 100;
    /** Roles of what people use or go to. */
    private static final Set<String> USED = Set.of(
            "button",
            "combobox",
            "textbox",
            "link",
            "DisclosureTriangle",
            "DisclosureTriangleGrouped",
            "region",
            "image",
            "img",
            "dialog",
            "table",
            "heading");

    /** A decision whose request has been answered. */
    private static final String ANSWERED = "[...document.querySelectorAll('#decisions details')].find(one =>"
            + " one.querySelector('.seen').textContent.startsWith('first'))";

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
    void itLivesByItselfOpensDecisionsExplainsRequestsAndShowsFaultsAndARestart() throws Exception {
        int port = ReservedPorts.next();
        try (var program = new PageProgram(folder.resolve("first"), port, Map.of(), "demo")) {
            assertThat(program.printed()).startsWith("\nWatch it live: http://localhost:" + port + "/");
            browser.open(program.at("/"));
            browser.await("document.getElementById('status').className === 'live'");
            browser.await("document.querySelectorAll('.card').length === 6");
            browser.await("document.querySelectorAll('#by-class tbody tr').length === 4");
            fault("h200-0", "restart");
            aFaultIsNoSimpleRequestOfAnotherOrigin();
            scriptsAndStylesAreOfItsOwnFilesOnly();

            browser.await(ANSWERED);
            keysReachAllOfItAndShowWhereTheyAre();
            aDecisionIsOpenedToItsStory();
            requestsAreExplained();
            fault("h200-1", "dead");
            browser.await("[...document.querySelectorAll('.card.out .name')].some(e => e.textContent === 'h200-1')");
            browser.await("document.getElementById('findings').textContent.includes('h200-1 is down')");
            everybodyCanUseItInLightAndDarkAndOnAPhone();
            aListWithTwoOfOneNameDoesNotGrow();
            viewersThatLeaveInTheMiddleAreForgottenQuietly(program);
            nothingOfAPromptIsShown();
            browser.await("document.querySelector('#faults [data-key=\"h200-0\"] select').value === 'none'");
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

    private static void fault(String replica, String fault) throws IOException, InterruptedException {
        String select = "document.querySelector('#faults [data-key=\"" + replica + "\"] select')";
        browser.await(select);
        browser.value("{ const s = " + select + "; s.value = '" + fault + "'; s.dispatchEvent(new Event('change')) }");
    }

    /** Other pages can have a browser send plain text only. */
    private static void aFaultIsNoSimpleRequestOfAnotherOrigin() {
        assertThat(browser.value(
                                "fetch('api/demo/faults', {method: 'POST', headers: {'content-type': 'text/plain'},"
                                        + " body: '{\"replica\":\"h200-0\",\"fault\":\"dead\"}'}).then(answer => answer.status)")
                        .asInt())
                .isEqualTo(415);
    }

    private static void scriptsAndStylesAreOfItsOwnFilesOnly() {
        assertThat(browser.value("fetch('.').then(answer => answer.headers.get('content-security-policy'))")
                        .asText())
                .startsWith("default-src 'none'; script-src 'self'; style-src 'self';")
                .doesNotContain("unsafe", "*");
        assertThat(browser.value(
                                "{ const script = document.createElement('script'); script.textContent = 'window.ran = 1';"
                                        + " document.head.append(script); script.remove(); } !!window.ran")
                        .asBoolean())
                .isFalse();
    }

    /** On a page that was just opened. */
    private static void keysReachAllOfItAndShowWhereTheyAre() throws IOException, InterruptedException {
        browser.press("Tab");
        assertThat(focused(".skip")).isTrue();
        browser.press("Enter");
        tabTo(".card");
        browser.press("Enter");
        browser.await("document.getElementById('details').open");
        assertThat(text("#details-facts")).contains("its page says", "KV events", "pace");
        browser.press("Escape");
        browser.await("!document.getElementById('details').open");
        assertThat(focused(".card")).as("where it was before").isTrue();

        tabTo("#hold");
        browser.press("Enter");
        assertThat(browser.value("document.getElementById('hold').ariaPressed").asText())
                .isEqualTo("true");
        tabTo("#decisions summary");
        browser.press("Enter");
        browser.await("document.activeElement.parentElement.querySelector('.story')");
        browser.press("Enter");

        tabTo("#explain-path");
        tabTo("#explain-body");
        browser.type("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"by keys\"}]}");
        tabTo("#explain-form button");
        browser.press("Enter");
        browser.await("document.querySelector('#explained p')");
        browser.pressBack();
        assertThat(focused("#explain-body")).isTrue();
        browser.value("document.getElementById('hold').click()");
        browser.value("document.activeElement.blur()");
    }

    /** Goes on by the tab key until something has the focus that matches; all on the way shows that it has it. */
    private static void tabTo(String selector) {
        for (int stop = 0; stop < MOST_STOPS; stop++) {
            browser.press("Tab");
            assertThat(browser.value("(e => { const s = getComputedStyle(e), box = e.getBoundingClientRect();"
                                    + " return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2 && box.width > 0"
                                    + " && box.bottom > 0 && box.top < innerHeight ? '' : e.outerHTML.slice(0, 200)"
                                    + " })(document.activeElement)")
                            .asText())
                    .as("has the focus and does not show it")
                    .isEmpty();
            if (focused(selector)) {
                return;
            }
        }
        throw new AssertionError("the tab key does not reach " + selector);
    }

    private static boolean focused(String selector) {
        return browser.value("document.activeElement.matches('" + selector + "')")
                .asBoolean();
    }

    private static void aDecisionIsOpenedToItsStory() throws IOException, InterruptedException {
        browser.await(ANSWERED);
        browser.value(
                "{ const told = " + ANSWERED + "; told.open = false; told.firstChild.click(); window.told = told; }");
        browser.await("told.querySelector('.story table')");
        assertThat(browser.value("told.querySelector('.after').textContent").asText())
                .startsWith("Afterwards: completed");
        assertThat(browser.value("told.querySelector('.story').textContent").asText())
                .contains("prefill", "decode", "candidates", "Believed cached");
    }

    private static void requestsAreExplained() throws IOException, InterruptedException {
        browser.value("document.getElementById('explained').replaceChildren()");
        browser.value("document.getElementById('explain-body').value ="
                + " '{\"messages\":[{\"role\":\"user\",\"content\":\"Who is Kvasir?\"}]}'");
        browser.value("document.querySelector('#explain-form').requestSubmit()");
        browser.await("document.querySelector('#explained table')");
        assertThat(text("#explained")).startsWith("To ").contains(" candidates");
        browser.value("document.getElementById('explain-body').value = '{'");
        browser.value("document.querySelector('#explain-form').requestSubmit()");
        browser.await("document.getElementById('explained').textContent.startsWith('Not explained: ')");
    }

    private static void everybodyCanUseItInLightAndDarkAndOnAPhone() throws IOException, InterruptedException {
        var axe = new Axe(browser);
        browser.dark(false);
        assertThat(axe.violations()).as("light").isEmpty();
        browser.dark(true);
        assertThat(axe.violations()).as("dark").isEmpty();
        aPhoneScrollsNothingSideways();
        assertThat(axe.violations()).as("dark, on a phone").isEmpty();
        browser.dark(false);
        browser.size(1280, 900, 1, false);
        var nodes = browser.accessibleNodes();
        var used = nodes.stream()
                .filter(node -> USED.contains(role(node)))
                .map(node -> role(node) + " " + node.path("name").path("value").asText())
                .toList();
        assertThat(used).hasSizeGreaterThan(20).allMatch(node -> node.matches("(?s)\\w+ .*\\S.*"));
        assertThat(nodes).extracting(LivePageIT::role).contains("banner", "main", "contentinfo");
        browser.value("document.querySelector('.card').click()");
        browser.await("document.getElementById('details').open");
        assertThat(axe.violations()).as("an endpoint's facts").isEmpty();
        browser.value("document.getElementById('details').close()");
    }

    private static String role(JsonNode node) {
        return node.path("role").path("value").asText();
    }

    /** The demo's prompts are of words that the page has no use for. */
    private static void nothingOfAPromptIsShown() {
        assertThat(text("body")).contains("Never shows prompts").doesNotContain("raven", "harbour", "mead ", "winter");
        assertThat(browser.value("fetch('api/live').then(answer => answer.text())")
                        .asText())
                .contains("h200-0")
                .doesNotContain("raven", "harbour", "mead ", "winter");
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
                assertThat(new Axe(browser).violations())
                        .as("asking for a token")
                        .isEmpty();
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
                arrowsGoFromTileToTile();
                browser.press("Enter");
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

    private static void arrowsGoFromTileToTile() {
        assertThat(browser.value("document.querySelectorAll('.tile[tabindex=\"0\"]').length")
                        .asInt())
                .as("a stop of the tab key for each class")
                .isEqualTo(2);
        browser.value("document.querySelector('.tile[tabindex=\"0\"]').focus()");
        String place = "[...document.activeElement.parentElement.children].indexOf(document.activeElement)";
        browser.press("ArrowRight");
        assertThat(browser.value(place).asInt()).isEqualTo(1);
        browser.press("ArrowDown");
        int below = browser.value(place).asInt();
        assertThat(below).isGreaterThan(10);
        browser.press("ArrowUp");
        browser.press("ArrowLeft");
        assertThat(browser.value(place).asInt()).isZero();
        browser.press("ArrowLeft");
        assertThat(browser.value(place).asInt()).isZero();
        browser.press("End");
        assertThat(browser.value(place).asInt()).isEqualTo(MANY / 2 - 1);
        assertThat(browser.value("document.querySelectorAll('.tile[tabindex=\"0\"]').length")
                        .asInt())
                .isEqualTo(2);
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
