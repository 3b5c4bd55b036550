package io.kvasir.extproc.tls;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;

class FirstBytesTest {
    private final List<String> log = new ArrayList<>();
    private final AtomicLong now = new AtomicLong();
    private final FirstBytes connections = new FirstBytes("picker's port", log::add, now::get);

    @Test
    void theFirstOfEachReasonIsLoggedAndThenOneAMinute() {
        var peer = new InetSocketAddress("10.0.0.7", 1234);
        connections.count(FailedConnection.PLAINTEXT, peer);
        for (int i = 0; i < 1_000; i++) {
            connections.count(FailedConnection.PLAINTEXT, peer);
        }
        connections.count(FailedConnection.CIPHER, null);
        assertThat(log)
                .containsExactly(
                        "a connection to the picker's port from 10.0.0.7 failed: it speaks plaintext to a port with TLS"
                                + " (plaintext)",
                        "a connection to the picker's port failed: there is no cipher suite in common (cipher)");
        log.clear();
        now.addAndGet(TimeUnit.SECONDS.toNanos(61));
        connections.count(FailedConnection.PLAINTEXT, peer);
        assertThat(log)
                .containsExactly(
                        "a connection to the picker's port from 10.0.0.7 failed: it speaks plaintext to a port with TLS"
                                + " (plaintext, 1000 more before)");
        assertThat(connections.failed(FailedConnection.PLAINTEXT)).isEqualTo(1_002);
    }

    @Test
    void aReasonIsFoundUnderWhatWrapsIt() {
        assertThat(FailedConnection.of(new SSLHandshakeException(
                        "General problem", new CertificateException(new CertificateExpiredException("NotAfter: …")))))
                .isEqualTo(FailedConnection.BAD_CERTIFICATE);
        assertThat(FailedConnection.of(new IOException("what nobody has seen"))).isEqualTo(FailedConnection.OTHER);
    }

    @Test
    void aNativeImageIsBuiltWithWhatServersLeaveUnread() throws IOException {
        assertThat(Files.readAllLines(Path.of("src/main/resources/application.properties")))
                .anyMatch(line -> line.startsWith("quarkus.native.additional-build-args=")
                        && line.contains("-J-Djdk.tls.server.disableExtensions=server_name"));
    }

    @Test
    void whatAnOperatorHasTurnedOffStaysOff() {
        String property = "jdk.tls.server.disableExtensions";
        String before = System.getProperty(property);
        try {
            System.setProperty(property, "max_fragment_length, status_request");
            ServerNames.takeAny();
            ServerNames.takeAny();
            assertThat(System.getProperty(property)).isEqualTo("max_fragment_length,status_request,server_name");
        } finally {
            System.setProperty(property, before);
        }
    }
}
