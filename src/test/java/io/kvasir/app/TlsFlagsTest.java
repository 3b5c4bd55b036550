package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvasir.extproc.tls.TlsSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TlsFlagsTest {
    private static final String RSA = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";
    private static final String CBC = "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA";

    private static ServeSettings of(String... args) {
        return ServeFlags.of(args);
    }

    private static TlsSettings tls(String... args) {
        return Objects.requireNonNull(of(args).picker().tls());
    }

    @Test
    void certificatesAndAuthoritiesAreAsTheFlagsSay() {
        assertThat(tls("--cert-path", "/certs", "--enable-cert-reload", "--client-ca-file", "/ca.crt"))
                .isEqualTo(new TlsSettings(Path.of("/certs"), Duration.ofSeconds(10), Path.of("/ca.crt")));
    }

    @Test
    void plaintextHasNoTls() {
        assertThat(of("--secure-serving", "false").picker().tls()).isNull();
    }

    @Test
    void clientsCannotBeAskedForCertificatesInPlaintext() {
        assertThatThrownBy(() -> of("--secure-serving=false", "--client-ca-file=/ca.crt"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("client-ca-file: /ca.crt without TLS; allowed with --secure-serving=true only");
    }

    @ParameterizedTest
    @CsvSource({"VersionTLS12, false", "VersionTLS13, true", "'', false", "VersionTLS10, false"})
    void theLeastVersionIsAsGoCallsIt(String version, boolean newestOnly) {
        assertThat(tls("--tls-min-version", version).newestOnly()).isEqualTo(newestOnly);
    }

    @Test
    void aBrokenVersionIsWarnedOf() {
        assertThat(of("--tls-min-version=VersionTLS11").warnings())
                .containsExactly("--tls-min-version: VersionTLS11 is broken; TLS 1.2 is the least here");
    }

    @Test
    void anUnknownVersionIsToldWithWhatIsAllowed() {
        assertThatThrownBy(() -> of("--tls-min-version=1.3"))
                .hasMessage("tls-min-version: 1.3; allowed: VersionTLS12 or VersionTLS13");
    }

    @Test
    void cipherSuitesThatHttp2ForbidsAreLeftOutWithAWarning() {
        var settings = of("--tls-cipher-suites", RSA + "," + CBC + ",TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305");

        assertThat(Objects.requireNonNull(settings.picker().tls()).cipherSuites())
                .containsExactly(RSA, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");
        assertThat(settings.warnings())
                .containsExactly("--tls-cipher-suites: not allowed with HTTP/2 or not known, and left out: " + CBC);
    }

    @Test
    void cipherSuitesOfWhichNoneCanBeUsedStopTheStart() {
        assertThatThrownBy(() -> of("--tls-cipher-suites", CBC))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("tls-cipher-suites: " + CBC + "; allowed: ")
                .hasMessageContaining(RSA);
    }
}
