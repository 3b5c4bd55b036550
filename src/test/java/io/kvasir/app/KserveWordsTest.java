package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.scrape.EngineAccess.Scheme;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every combination of words that KServe's template renders is taken whole: nothing is unknown, and each says its part. */
class KserveWordsTest {
    private static final Map<String, String> IN_CLUSTER = Map.of(
            "KUBERNETES_SERVICE_HOST",
            "10.96.0.1",
            "SSL_CERT_DIR",
            "/var/run/kserve/tls:/var/run/secrets/kubernetes.io/serviceaccount:/etc/pki/tls/certs",
            "OTEL_SERVICE_NAME",
            "picker",
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "http://otel-collector:4317",
            "OTEL_TRACES_SAMPLER_ARG",
            "0.05");

    @ParameterizedTest
    @CsvSource({
        "true, true, true, generated-prefill-decode.yaml",
        "true, true, false, generated-aggregated.yaml",
        "true, false, true, generated-aggregated.yaml",
        "true, false, false, generated-prefill-decode.yaml",
        "false, true, true, generated-aggregated.yaml",
        "false, false, false, generated-prefill-decode.yaml"
    })
    void isTakenWhole(boolean tls, boolean rewritten, boolean several, String config) throws IOException {
        String text = Files.readString(Path.of("src/test/resources/picker-configs", config));
        var words = KserveWords.of(tls, rewritten, "/var/run/kserve/tls", 9002, 9003);
        words = several ? words.and("--ha-enable-leader-election") : words;
        words = words.and("--config-text", text, "--tracing=true");

        var settings = ServeFlags.of(IN_CLUSTER, words.array());

        assertThat(settings.unknownFlags()).isZero();
        assertThat(settings.warnings()).isEmpty();
        assertThat(Objects.requireNonNull(settings.tracing().to()).address()).hasToString("http://otel-collector:4317");
        assertThat(settings.tracing().properties())
                .containsEntry("otel.traces.sampler.arg", "0.05")
                .containsEntry("otel.service.name", "picker");
        assertThat(settings.mode()).isEqualTo(Mode.EXT_PROC);
        assertThat(settings.picker().tls() != null).isEqualTo(tls);
        assertThat(settings.lease() != null).isEqualTo(several);
        if (several) {
            // no POD_NAME is set
            assertThat(Objects.requireNonNull(settings.lease()).identity()).isNotBlank();
        }
        boolean told = config.equals("generated-aggregated.yaml") || (tls && !rewritten);
        assertThat(settings.engines().access().scheme()).isEqualTo(told ? Scheme.HTTPS_UNVERIFIED : Scheme.HTTP);
        assertThat(settings.log().json()).isTrue();
    }

    /** The template of the project itself, without certificates, says nothing of it: then the picker has its own. */
    @Test
    void anEmptyWordLeavesWhatIsTheDefault() throws IOException {
        var words = KserveWords.of(false, true, "/var/run/kserve/tls", 9002, 9003).words().stream()
                .map(word -> word.equals("--secure-serving=false") ? "" : word)
                .toList();

        var settings = ServeFlags.of(IN_CLUSTER, words.toArray(String[]::new));

        assertThat(settings.unknownFlags()).isZero();
        assertThat(settings.picker().tls()).isNotNull();
    }
}
