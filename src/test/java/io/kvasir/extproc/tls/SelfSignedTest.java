package io.kvasir.extproc.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SelfSignedTest {
    private static final Instant NOW = Instant.parse("2026-02-03T04:05:06Z");

    @Test
    void theCertificateIsValidAndSignedByItsKey() throws Exception {
        var own = SelfSigned.generate(NOW);
        X509Certificate certificate = own.certificate();
        certificate.verify(certificate.getPublicKey());
        certificate.checkValidity(Date.from(NOW));
        certificate.checkValidity(Date.from(NOW.plus(Duration.ofDays(3649))));
        assertThat(certificate.getVersion()).isEqualTo(3);
        assertThat(certificate.getSigAlgName()).isEqualTo("SHA256withECDSA");
        assertThat(certificate.getSubjectX500Principal().getName()).isEqualTo("CN=kvasir");
        assertThat(certificate.getSubjectAlternativeNames()).containsExactly(List.of(2, "localhost"));
    }

    @Test
    void everyStartHasItsOwnKey() throws Exception {
        assertThat(SelfSigned.generate(NOW).certificate().getSerialNumber())
                .isNotEqualTo(SelfSigned.generate(NOW).certificate().getSerialNumber());
    }

    @Test
    void aMissingFileIsNamed(@TempDir Path directory) {
        try (var scheduler = Executors.newSingleThreadScheduledExecutor()) {
            assertThatThrownBy(() -> ServerTls.start(new TlsSettings(directory, null, null), scheduler))
                    .hasMessage("cert-path: " + directory.resolve("tls.crt") + " cannot be read; allowed: a PEM file");
        }
    }

    @Test
    void filesThatAreNoCertificateAreNamed(@TempDir Path directory) throws Exception {
        Files.writeString(directory.resolve("tls.crt"), "nothing");
        Files.writeString(directory.resolve("tls.key"), "nothing");
        try (var scheduler = Executors.newSingleThreadScheduledExecutor()) {
            assertThatThrownBy(() -> ServerTls.start(new TlsSettings(directory, null, null), scheduler))
                    .hasMessageStartingWith("cert-path: " + directory + " holds no usable tls.crt and tls.key");
        }
    }
}
