package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ManagementSettingsTest {
    private static final Map<String, String> CLUSTER = Map.of("KUBERNETES_SERVICE_HOST", "10.0.0.1");

    private static ManagementSettings of(Map<String, String> environment, String... args) {
        return ServeFlags.of(environment, args).management();
    }

    @Test
    void tokensAreDemandedInAClusterUnlessToldOtherwise() {
        assertThat(of(Map.of()).authenticate()).isFalse();
        assertThat(of(CLUSTER, "--pool-name=a").authenticate()).isTrue();
        assertThat(of(CLUSTER, "--pool-name=a", "--metrics-endpoint-auth=false").authenticate())
                .isFalse();
        assertThat(of(Map.of(), "--metrics-endpoint-auth").authenticate()).isTrue();
    }

    @Test
    void certificatesAreInADirectoryAndAuthoritiesInAFile() {
        assertThat(of(Map.of(), "--metrics-cert-dir", "/certs", "--metrics-client-ca-file", "/ca.crt"))
                .isEqualTo(new ManagementSettings(false, false, Path.of("/certs"), Path.of("/ca.crt")));
    }

    @Test
    void clientsCannotBeAskedForCertificatesInPlaintext() {
        assertThatThrownBy(() -> of(Map.of(), "--metrics-client-ca-file", "/ca.crt"))
                .hasMessage("metrics-client-ca-file: /ca.crt without TLS; allowed with --metrics-cert-dir only");
    }

    @Test
    void tlsAloneTellsNobodyWhoAsks() {
        assertThatThrownBy(() -> of(Map.of(), "--metrics-cert-dir", "/certs"))
                .hasMessage("metrics-cert-dir: /certs with nobody asked who they are; allowed with"
                        + " --metrics-client-ca-file, --metrics-endpoint-auth or both");
        assertThat(of(CLUSTER, "--pool-name=a", "--metrics-cert-dir=/certs").certDirectory())
                .isEqualTo(Path.of("/certs"));
    }
}
