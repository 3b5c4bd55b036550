package io.kvasir.discovery.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class UnknownLabelsTest {
    private final UnknownLabels labels =
            new UnknownLabels("llm-d.ai/role", List.of("prefill", "decode", "both"), "These pods prefill and decode");

    @Test
    void aValueIsToldOnceWithItsPodsTheNearestKnownAndAllThatAreAllowed() {
        labels.found("decoder", "a");
        labels.found("decoder", "b");
        labels.found("frontend", "c");

        assertThat(labels.tell())
                .containsExactly(
                        "llm-d.ai/role: \"decoder\" means nothing here; did you mean decode? Allowed: prefill, decode,"
                                + " both. These pods prefill and decode: a, b",
                        "llm-d.ai/role: \"frontend\" means nothing here. Allowed: prefill, decode, both. These pods"
                                + " prefill and decode: c");
        labels.found("decoder", "a");
        assertThat(labels.tell()).isEmpty();
    }

    @Test
    void linesAndValuesAreBounded() {
        for (int i = 0; i < 500; i++) {
            labels.found("x", "pod-" + i);
        }
        assertThat(labels.tell())
                .singleElement()
                .asString()
                .endsWith(" and 490 more")
                .hasSizeLessThan(300);
        for (int i = 0; i < 500; i++) {
            labels.found("value-" + i, "pod");
            labels.tell();
        }
        labels.found("one more", "pod");
        assertThat(labels.tell()).isEmpty();
    }
}
