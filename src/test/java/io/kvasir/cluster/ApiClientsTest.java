package io.kvasir.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.kvasir.failure.FailureText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ApiClientsTest {
    private static final Path KEYS = Path.of("src/test/resources/client-keys");

    private static ConfigBuilder server() {
        return new ConfigBuilder(Config.empty()).withMasterUrl("https://127.0.0.1:1/");
    }

    @ParameterizedTest
    @CsvSource({
        "ec-pkcs8.pem, ec-cert.pem, EC",
        "ec-sec1.pem, ec-cert.pem, EC",
        "rsa-pkcs8.pem, rsa-cert.pem, RSA",
        "rsa-pkcs1.pem, rsa-cert.pem, RSA"
    })
    void clientKeysOfEveryKindThatOpenSslWritesAreTaken(String key, String certificate, String algorithm)
            throws IOException {
        var files = server().withClientCertFile(KEYS.resolve(certificate).toString())
                .withClientKeyFile(KEYS.resolve(key).toString())
                .build();
        var data = server().withClientCertData(base64(certificate))
                .withClientKeyData(base64(key))
                .build();
        for (var config : new Config[] {files, data}) {
            try (var client = ApiClients.forStreams(config)) {
                assertThat(client.getConfiguration().getClientKeyAlgo()).isEqualTo(algorithm);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"ed25519-pkcs8.pem", "missing.pem", "ec-cert.pem"})
    void aKeyThatCannotBeUsedIsRefusedInWords(String key) {
        var config = server().withClientCertFile(KEYS.resolve("ec-cert.pem").toString())
                .withClientKeyFile(KEYS.resolve(key).toString())
                .build();
        assertThatThrownBy(() -> ApiClients.forStreams(config))
                .satisfies(failure ->
                        assertThat(FailureText.of(failure)).isNotBlank().doesNotContain("null"));
    }

    @Test
    void whatTheConfigurationSaysOfTheAlgorithmIsLeft() {
        var config = server().withClientKeyAlgo("EC").build();
        try (var client = ApiClients.forStreams(config)) {
            assertThat(client.getConfiguration().getClientKeyAlgo()).isEqualTo("EC");
        }
    }

    private static String base64(String file) throws IOException {
        return Base64.getEncoder().encodeToString(Files.readAllBytes(KEYS.resolve(file)));
    }
}
