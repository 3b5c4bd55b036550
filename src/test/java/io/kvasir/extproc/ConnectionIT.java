package io.kvasir.extproc;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.testing.Await;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Connections to the built program's picker, started without any option of Java about TLS. */
class ConnectionIT {
    @Test
    void anyServerNameIsTakenAndWhatFailsIsCountedAndLoggedOnce(@TempDir Path directory) throws IOException {
        var endpoints = Files.writeString(
                directory.resolve("pool.yaml"), "endpoints:\n  - {name: a, address: 127.0.0.1, port: 1}\n");
        try (var kvasir = KvasirProcess.start(KvasirProcess.Ports.free(), true, endpoints, directory)) {
            int port = kvasir.ports().grpc();
            for (String name : new String[] {"outbound|9002||llama-epp.a.svc", "a_b.svc", "a.svc.", "10.0.0.1", ""}) {
                assertThat(TlsClient.handshake(port, TlsClient.name(name)))
                        .as(name)
                        .isEqualTo("h2");
            }
            for (int i = 1; i <= 20; i++) {
                try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                    socket.getOutputStream()
                            .write("GET /v1/models HTTP/1.1\r\nauthorization: Bearer secret\r\n\r\n"
                                    .getBytes(US_ASCII));
                    int failed = i;
                    Await.await(() -> kvasir.metric("kvasir_ext_proc_failed_connections_total{port=\"picker\","
                                    + "reason=\"plaintext\"")
                            == failed);
                }
            }
            assertThat(kvasir.metric("kvasir_ext_proc_failed_connections_total"))
                    .isEqualTo(20);
            assertThat(kvasir.log())
                    .containsOnlyOnce(
                            "a connection to the endpoint picker's port from 127.0.0.1 failed: it speaks plaintext")
                    .doesNotContain("secret", "474554", "Exception");
        }
    }
}
