package io.kvasir.extproc;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvasir.extproc.tls.FailedConnection;
import io.kvasir.extproc.tls.FirstBytes;
import io.kvasir.extproc.tls.SelfSigned;
import io.kvasir.extproc.tls.TlsSettings;
import io.kvasir.testing.Await;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How gateways call the picker's port, and what becomes of those that cannot connect. */
class FailedConnectionTest {
    private static PickerFixture picker(TlsSettings tls) throws IOException {
        return PickerFixture.start(
                ExtProcSettings.builder().ports(0, 0).tls(tls).build(), PickerFixture.specs(PickerFixture.ENDPOINTS));
    }

    private static void assertCounted(FirstBytes connections, FailedConnection reason) {
        Await.await(() -> connections.failed(reason) > 0);
        for (var any : FailedConnection.values()) {
            assertThat(connections.failed(any)).as("%s", any).isEqualTo(any == reason ? 1 : 0);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "outbound|9002||llama-epp.inference.svc.cluster.local",
                "llama_epp.inference.svc.cluster.local",
                "llama-epp.inference.svc.cluster.local.",
                "a..b",
                ".",
                "-",
                "10.96.0.1",
                "::1",
                "[fd00::1]:9002",
                "llama epp",
                "Kvasír",
                "*.inference.svc",
                "localhost"
            })
    void anyServerNameIsTaken(String name) throws IOException {
        try (var picker = picker(TlsSettings.SELF_SIGNED)) {
            assertThat(TlsClient.handshake(picker.server.port(), TlsClient.name(name)))
                    .isEqualTo("h2");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 64, 255, 256, 5_000, 12_000})
    void anyLengthOfServerNameIsTaken(int length) throws IOException {
        try (var picker = picker(TlsSettings.SELF_SIGNED)) {
            assertThat(TlsClient.handshake(picker.server.port(), TlsClient.name("a".repeat(length))))
                    .isEqualTo("h2");
        }
    }

    @Test
    void aFirstMessageThatIsTooLongForTlsIsCounted() throws IOException {
        try (var picker = picker(TlsSettings.SELF_SIGNED)) {
            assertThatThrownBy(() -> TlsClient.handshake(picker.server.port(), TlsClient.name("a".repeat(60_000))))
                    .isInstanceOf(IOException.class);
            assertCounted(picker.server.pickerConnections(), FailedConnection.OTHER);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET / HTTP/1.1\r\nauthorization: Bearer secret\r\n\r\n"})
    void plaintextToAPortWithTlsIsCounted(String sent) throws IOException {
        try (var picker = picker(TlsSettings.SELF_SIGNED);
                var socket = new Socket(InetAddress.getLoopbackAddress(), picker.server.port())) {
            socket.getOutputStream().write(sent.getBytes(US_ASCII));
            assertCounted(picker.server.pickerConnections(), FailedConnection.PLAINTEXT);
        }
    }

    @Test
    void tlsAndOldHttpToAPlaintextPortAreCounted() throws IOException {
        try (var picker = PickerFixture.start()) {
            assertThatThrownBy(() -> TlsClient.handshake(picker.server.port(), TlsClient.name("a")))
                    .isInstanceOf(IOException.class);
            assertCounted(picker.server.pickerConnections(), FailedConnection.TLS);
            try (var socket = new Socket(InetAddress.getLoopbackAddress(), picker.server.healthPort())) {
                socket.getOutputStream().write("GET /healthz HTTP/1.1\r\n\r\n".getBytes(US_ASCII));
                assertCounted(picker.server.healthConnections(), FailedConnection.NOT_HTTP2);
            }
        }
    }

    @Test
    void aClientWithoutHttp2IsCounted() throws IOException {
        try (var picker = picker(TlsSettings.SELF_SIGNED)) {
            try {
                TlsClient.handshake(
                        picker.server.port(), parameters -> parameters.setApplicationProtocols(new String[] {"x/1"}));
            } catch (IOException e) {
                // how it is told so is the library's choice
            }
            assertCounted(picker.server.pickerConnections(), FailedConnection.NO_ALPN);
        }
    }

    @Test
    void aClientOfAnOldVersionIsCounted() throws IOException {
        try (var picker = picker(new TlsSettings(null, null, null, true, List.of()))) {
            assertThatThrownBy(() -> TlsClient.handshake(
                            picker.server.port(), parameters -> parameters.setProtocols(new String[] {"TLSv1.2"})))
                    .isInstanceOf(IOException.class);
            assertCounted(picker.server.pickerConnections(), FailedConnection.VERSION);
        }
    }

    @Test
    void aClientWithoutACommonCipherSuiteIsCounted() throws IOException {
        try (var picker = picker(TlsSettings.SELF_SIGNED)) {
            assertThatThrownBy(() -> TlsClient.handshake(picker.server.port(), parameters -> {
                        parameters.setProtocols(new String[] {"TLSv1.2"});
                        // for RSA keys, and this server's is of an elliptic curve
                        parameters.setCipherSuites(new String[] {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"});
                    }))
                    .isInstanceOf(IOException.class);
            assertCounted(picker.server.pickerConnections(), FailedConnection.CIPHER);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void aClientWithoutTheCertificateDemandedIsCounted(String version, @TempDir Path directory) throws Exception {
        var authorities = directory.resolve("ca.crt");
        var certificate = SelfSigned.generate(Instant.now()).certificate();
        Files.writeString(
                authorities,
                "-----BEGIN CERTIFICATE-----\n" + Base64.getMimeEncoder().encodeToString(certificate.getEncoded())
                        + "\n-----END CERTIFICATE-----\n");
        try (var picker = picker(new TlsSettings(null, null, authorities))) {
            assertThatThrownBy(() -> TlsClient.handshake(
                            picker.server.port(), parameters -> parameters.setProtocols(new String[] {version})))
                    .isInstanceOf(IOException.class);
            assertCounted(picker.server.pickerConnections(), FailedConnection.NO_CERTIFICATE);
        }
    }

    @Test
    void aConnectionThatEndsInItsHandshakeIsCountedAndOneWithoutAByteIsAProbe() throws IOException {
        try (var picker = picker(TlsSettings.SELF_SIGNED)) {
            new Socket(InetAddress.getLoopbackAddress(), picker.server.port()).close();
            try (var socket = new Socket(InetAddress.getLoopbackAddress(), picker.server.port())) {
                socket.getOutputStream().write(new byte[] {0x16, 3, 1, 2, 0, 1});
            }
            assertCounted(picker.server.pickerConnections(), FailedConnection.CLOSED);
        }
    }

    @Test
    void goodConnectionsAreNotCounted() throws IOException {
        try (var picker = PickerFixture.start()) {
            var call = new ProxyCall(picker.channel());
            call.send(Messages.chatHead());
            call.send(Messages.requestBody("{\"model\":\"m\",\"messages\":[]}", true));
            assertThat(call.answer().hasRequestHeaders()).isTrue();
            call.cancel();
            for (var any : FailedConnection.values()) {
                assertThat(picker.server.pickerConnections().failed(any))
                        .as("%s", any)
                        .isZero();
            }
        }
    }
}
