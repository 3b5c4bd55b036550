package io.kvasir.testing;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/** Looks for what keeps people from using a page, by axe-core (https://github.com/dequelabs/axe-core). */
public final class Axe {
    private final HeadlessBrowser browser;
    private final String script;

    /** Reads axe from the class path. */
    public Axe(HeadlessBrowser browser) throws IOException {
        this.browser = browser;
        try (var in = Axe.class.getResourceAsStream("/axe.min.js")) {
            script = new String(Objects.requireNonNull(in, "axe.min.js").readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** What is wrong with the page as it is now, of any rule and however slight: a line for each element. */
    public List<String> violations() {
        if (!browser.value("Boolean(window.axe)").asBoolean()) {
            browser.value(script + ";1");
        }
        return browser.value(
                        "axe.run(document, {resultTypes: ['violations']}).then(found => found.violations.flatMap(rule =>"
                                + " rule.nodes.map(node => `${rule.impact} ${rule.id}: ${node.target} ${node.html.slice(0, 200)}"
                                + " ${node.failureSummary}`)))")
                .valueStream()
                .map(JsonNode::asText)
                .toList();
    }
}
