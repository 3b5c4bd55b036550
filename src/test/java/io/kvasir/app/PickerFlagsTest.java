package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvasir.extproc.BodyMode;
import io.kvasir.extproc.ExtProcSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PickerFlagsTest {
    @TempDir
    Path folder;

    private static ServeSettings of(String... args) {
        return ServeFlags.of(args);
    }

    private static ExtProcSettings picker(String... args) {
        return of(args).picker();
    }

    @Test
    void withoutFlagsThePickerIsAsItShips() {
        assertThat(picker()).isEqualTo(ExtProcSettings.DEFAULT);
    }

    @Test
    void thePickersPortMayHaveAnAddressOfItsOwn() {
        assertThat(picker("--grpc-host=127.0.0.1"))
                .isEqualTo(
                        ExtProcSettings.builder().hosts("0.0.0.0", "127.0.0.1").build());
        assertThat(picker("--http-host", "127.0.0.2"))
                .isEqualTo(ExtProcSettings.builder().host("127.0.0.2").build());
        assertThatThrownBy(() -> picker("--grpc-host=no such host"))
                .hasMessage("grpc-host: no such host; allowed: an address of this machine, or a name of one");
    }

    @Test
    void healthChecksOnThePickersPortCanBeSwitchedOff() {
        assertThat(picker("--health-checking").healthChecking()).isTrue();
        assertThat(picker("--health-checking=false").healthChecking()).isFalse();
    }

    @Test
    void theLongestMessagesAreQuantities() {
        assertThat(picker("--grpc-max-send-msg-size=25MB").maxAnswerBytes()).isEqualTo(25_000_000);
        assertThat(picker("--grpc-max-recv-msg-size", "10MiB").maxMessageBytes())
                .isEqualTo(10 << 20);
    }

    @ParameterizedTest
    @ValueSource(strings = {"4GiB", "10kB", "much"})
    void aLongestMessageThatCannotBeIsToldWithWhatIsAllowed(String size) {
        assertThatThrownBy(() -> picker("--grpc-max-recv-msg-size", size))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("grpc-max-recv-msg-size: " + size
                        + "; allowed: a size such as 10MiB or 25MB from 65536 to 2147483647 bytes");
    }

    @Test
    void streamsAreAsTheFlagsSay() {
        var streams = picker(
                        "--disable-endpoint-subset-filter",
                        "--fallback-endpoints",
                        "--emit-endpoint-scores",
                        "--endpoint-subset-metadata-namespace=hints",
                        "--destination-endpoint-hint-metadata-namespace=picks")
                .streams();

        assertThat(streams.subsetFilter()).isFalse();
        assertThat(streams.fallbackList()).isTrue();
        assertThat(streams.emitScores()).isTrue();
        assertThat(streams.subsetNamespace()).isEqualTo("hints");
        assertThat(streams.metadataNamespace()).isEqualTo("picks");
    }

    @ParameterizedTest
    @CsvSource({
        "none, NONE",
        "streamed, STREAMED",
        "buffered, BUFFERED",
        "buffered-partial, BUFFERED_PARTIAL",
        "full-duplex-streamed, FULL_DUPLEX"
    })
    void theBodyModeOfGatewaysThatDoNotSayIsNamed(String text, BodyMode mode) {
        assertThat(picker("--assumed-body-mode", text).streams().assumedMode()).isEqualTo(mode);
    }

    @Test
    void anUnknownBodyModeIsToldWithWhatIsAllowed() {
        assertThatThrownBy(() -> picker("--assumed-body-mode", "grpc"))
                .hasMessage("assumed-body-mode: grpc; allowed: none, streamed, buffered, buffered-partial or"
                        + " full-duplex-streamed");
    }

    @Test
    void theTestHeadersNeedTheirOwnFlagWhateverAConfigurationNames() throws IOException {
        var file = folder.resolve("conformance-plugins.yaml");
        Files.writeString(file, """
            apiVersion: inference.networking.x-k8s.io/v1alpha1
            kind: EndpointPickerConfig
            plugins:
            - type: header-based-testing-filter
            - type: destination-endpoint-served-verifier
            """);

        var without = of("--v", "4", "--config-file", file.toString());
        assertThat(without.picker().streams().conformance()).isFalse();
        assertThat(without.warnings())
                .containsExactly(
                        file + ":4: header-based-testing-filter is left out: use --conformance=true, in test clusters"
                                + " only",
                        file + ":5: destination-endpoint-served-verifier is left out: use --conformance=true, in test"
                                + " clusters only",
                        "--config-file: its conformance plug-ins need --conformance=true");

        var with = of("--v", "4", "--config-file", file.toString(), "--conformance", "true");
        assertThat(with.picker().streams().conformance()).isTrue();
        assertThat(with.warnings())
                .containsExactly("--conformance lets clients choose endpoints; it is for test clusters");

        assertThat(ServeFlags.of(Map.of("KVASIR_CONFORMANCE", "true"), "--config-file", file.toString())
                        .picker()
                        .streams()
                        .conformance())
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "plugins: [{type: 'header-based-testing-filter'}]",
                "{plugins: [{name: a, type: header-based-testing-filter}]}",
                "plugins:\n- name: a\n  # own words\n  type: >-\n    header-based-testing-filter\n",
                "{\"plugins\":[{\"type\":\"destination-endpoint-served-verifier\"}]}"
            })
    void conformancePlugInsAreFoundInAnyNotation(String config) {
        assertThat(of("--config-text", config).warnings().getLast()).contains("need --conformance=true");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        plugins: {}        | line:1: plugins: bad value "{…}"; allowed: a list of {name, type, parameters}
        plugins: [         | line:1: not well-formed
        just words         | line:1: not a mapping
        {"plugins": [}     | line:1: not well-formed
        """)
    void aConfigurationThatSaysNothingIsRefusedWithTheLine(String config, String problem) throws IOException {
        assertThatThrownBy(() -> of("--config-text", config))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith(
                        "config-text: " + config + "; allowed: an EndpointPickerConfig in YAML or JSON; " + problem);
        var file = Files.writeString(folder.resolve("config"), config);
        assertThatThrownBy(() -> of("--config-file", file.toString()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("config-file: " + file + problem.substring("line".length()));
    }

    @Test
    void aCommentNamesNoPlugIn() {
        assertThat(of("--config-text", "plugins:\n# - type: header-based-testing-filter\n")
                        .warnings())
                .noneMatch(line -> line.contains("conformance"));
    }

    @Test
    void aConfigurationIsGivenOnceAndCanBeRead() {
        assertThatThrownBy(() -> of("--config-file", "a.yaml", "--config-text", "plugins: []"))
                .hasMessage("config-file: a.yaml together with config-text; allowed: one of them");
        assertThatThrownBy(() -> of("--config-file", folder.resolve("none.yaml").toString()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("config-file: " + folder.resolve("none.yaml") + " cannot be read");
    }
}
