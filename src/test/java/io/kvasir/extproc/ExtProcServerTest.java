package io.kvasir.extproc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.kvasir.extproc.tls.SelfSigned;
import io.kvasir.extproc.tls.TlsSettings;
import io.kvasir.extproc.wire.Direction;
import io.kvasir.extproc.wire.ExternalProcessor;
import io.kvasir.extproc.wire.ProxyMessage;
import io.kvasir.extproc.wire.proto.HealthCheckRequest;
import io.kvasir.extproc.wire.proto.HealthCheckResponse.ServingStatus;
import io.kvasir.testing.Await;
import io.kvasir.transport.Transport;
import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExtProcServerTest {
    private static final String BODY = "{\"model\":\"m\",\"messages\":[]}";

    @Test
    void aThousandHalfSentUploadsOnOneConnectionKeepNobodyWaiting() throws IOException {
        try (var picker = PickerFixture.start(
                PickerFixture.plaintext(), PickerFixture.specs(PickerFixture.ENDPOINTS), 100 << 20)) {
            byte[] half = Messages.chat(400_000).substring(0, 200_000).getBytes(UTF_8);
            var uploads = new ArrayList<ProxyCall>();
            for (int i = 0; i < 1_000; i++) {
                var upload = new ProxyCall(picker.channel());
                upload.send(Messages.chatHead());
                for (int at = 0; at < half.length; at += 32_768) {
                    int n = Math.min(32_768, half.length - at);
                    upload.send(new ProxyMessage.Body(Direction.REQUEST, half, at, n, false, false));
                }
                uploads.add(upload);
            }
            var next = new ProxyCall(picker.channel());
            next.send(Messages.chatHead());
            next.send(Messages.requestBody(BODY, true));
            assertThat(next.answer().hasRequestHeaders()).isTrue();

            Await.await(() -> picker.server.counts().of(StreamEvent.DECIDED_EARLY) > 0);
            assertThat(picker.server.bodyBytes()).isLessThan(110 << 20);
            // the half-sent ones are not lost either
            var rest = Messages.chat(400_000).substring(200_000);
            uploads.getFirst().send(Messages.requestBody(rest, true));
            assertThat(uploads.getFirst().answer().hasRequestHeaders()).isTrue();
            uploads.forEach(ProxyCall::cancel);
            next.cancel();
            Await.await(() ->
                    picker.server.counts().open() == 0 && picker.inFlight() == 0 && picker.server.bodyBytes() == 0);
        }
    }

    @Test
    void thePickersPortIsOpenOnItsOwnAddressOnly() throws IOException {
        var settings = PickerFixture.plaintext().toBuilder()
                .hosts("127.0.0.2", "127.0.0.1")
                .build();
        try (var picker = PickerFixture.start(settings, PickerFixture.specs(PickerFixture.ENDPOINTS))) {
            int port = picker.server.port();
            int health = picker.server.healthPort();
            var first = InetAddress.ofLiteral("127.0.0.1");
            var second = InetAddress.ofLiteral("127.0.0.2");
            new Socket(first, port).close();
            new Socket(second, health).close();
            assertThatThrownBy(() -> new Socket(second, port).close()).isInstanceOf(ConnectException.class);
            assertThatThrownBy(() -> new Socket(first, health).close()).isInstanceOf(ConnectException.class);
        }
    }

    @Test
    void picksOnTheJdksSelectorToo() throws IOException {
        try (var picker = PickerFixture.start(Transport.NIO)) {
            var call = new ProxyCall(picker.channel());
            call.send(Messages.chatHead());
            call.send(Messages.requestBody(BODY, true));
            assertThat(call.answer().hasRequestHeaders()).isTrue();
            call.cancel();
            Await.await(() -> picker.server.counts().open() == 0 && picker.inFlight() == 0);
        }
    }

    @Test
    void aThousandCancelsOnOneConnectionHarmNobody() throws IOException {
        try (var picker = PickerFixture.start()) {
            for (int i = 0; i < 1_000; i++) {
                var call = new ProxyCall(picker.channel());
                call.send(Messages.chatHead());
                call.cancel();
            }
            var call = new ProxyCall(picker.channel());
            call.send(Messages.chatHead());
            call.send(Messages.requestBody(BODY, true));
            assertThat(call.answer().hasRequestHeaders()).isTrue();
            call.cancel();
            Await.await(() -> picker.server.counts().open() == 0 && picker.inFlight() == 0);
        }
    }

    @Test
    void aGatewayThatVanishesWithoutAWordLeavesNoLoad() throws IOException {
        try (var picker = PickerFixture.start(
                        PickerFixture.plaintext().toBuilder()
                                .keepAlive(Duration.ofMillis(300))
                                .build(),
                        PickerFixture.specs(PickerFixture.ENDPOINTS));
                var link = new VanishingLink(picker.server.port())) {
            var channel = NettyChannelBuilder.forAddress("127.0.0.1", link.port())
                    .usePlaintext()
                    .build();
            var call = new ProxyCall(channel);
            call.send(Messages.chatHead());
            call.send(Messages.requestBody(BODY, true));
            assertThat(call.answer().hasRequestHeaders()).isTrue();
            assertThat(picker.inFlight()).isEqualTo(1);
            link.vanish();
            Await.await(() -> picker.inFlight() == 0 && picker.server.counts().open() == 0);
            channel.shutdownNow();
        }
    }

    @Test
    void aTakenPortStopsTheStartInOneLine() throws IOException {
        try (var taken = new ServerSocket(0)) {
            int port = taken.getLocalPort();
            assertThatThrownBy(() -> PickerFixture.start(
                            PickerFixture.plaintext().toBuilder().ports(port, 0).build(),
                            PickerFixture.specs(PickerFixture.ENDPOINTS)))
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith("grpc-port: " + port + " cannot be listened on: ")
                    .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
            assertThatThrownBy(() -> PickerFixture.start(
                            PickerFixture.plaintext().toBuilder().ports(0, port).build(),
                            PickerFixture.specs(PickerFixture.ENDPOINTS)))
                    .hasMessageStartingWith("grpc-health-port: " + port + " cannot be listened on: ");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "readiness",
                "inference-extension",
                ExternalProcessor.SERVICE,
                "a name that nobody has thought of"
            })
    void everyHealthNameButLivenessIsReadiness(String name) throws IOException {
        try (var picker = PickerFixture.start();
                var health = new Health(picker)) {
            assertThat(health.check(name)).isEqualTo(ServingStatus.SERVING);
            picker.pool.apply(List.of());
            assertThat(health.check(name)).isEqualTo(ServingStatus.NOT_SERVING);
            assertThat(health.check("liveness")).isEqualTo(ServingStatus.SERVING);
        }
    }

    @Test
    void healthIsAlsoAnsweredOnThePickersPort() throws IOException {
        try (var picker = PickerFixture.start()) {
            assertThat(check(picker.channel(), ExternalProcessor.SERVICE)).isEqualTo(ServingStatus.SERVING);
        }
        try (var picker = PickerFixture.start(
                PickerFixture.plaintext().toBuilder().healthChecking(false).build(),
                PickerFixture.specs(PickerFixture.ENDPOINTS))) {
            assertThatThrownBy(() -> check(picker.channel(), ""))
                    .isInstanceOf(StatusRuntimeException.class)
                    .hasMessageContaining("UNIMPLEMENTED");
        }
    }

    @Test
    void healthChecksHaveTheNamesThatEveryClientUses() {
        assertThat(HealthService.CHECK.getFullMethodName())
                .isEqualTo(HealthGrpc.getCheckMethod().getFullMethodName());
        assertThat(HealthService.WATCH.getFullMethodName())
                .isEqualTo(HealthGrpc.getWatchMethod().getFullMethodName());
    }

    @Test
    void watchersAreToldOfChanges() throws IOException {
        try (var picker = PickerFixture.start();
                var health = new Health(picker)) {
            var statuses = ClientCalls.blockingServerStreamingCall(
                    health.channel, HealthService.WATCH, CallOptions.DEFAULT, HealthCheckRequest.getDefaultInstance());
            assertThat(statuses.next().getStatus()).isEqualTo(ServingStatus.SERVING);
            picker.pool.apply(List.of());
            assertThat(statuses.next().getStatus()).isEqualTo(ServingStatus.NOT_SERVING);
        }
    }

    @Test
    void aShutdownAnswersWhoIsUndecidedAndResetsWhatIsUnderWay() throws IOException {
        var picker = PickerFixture.start();
        var undecided = new ProxyCall(picker.channel());
        undecided.send(Messages.chatHead());
        undecided.send(Messages.requestBody("{\"model\":", false));
        var answering = new ProxyCall(picker.channel());
        answering.send(Messages.chatHead());
        answering.send(Messages.requestBody(BODY, true));
        assertThat(answering.answer().hasRequestHeaders()).isTrue();
        assertThat(answering.answer().hasRequestBody()).isTrue();
        answering.send(Messages.responseHead(200, "text/event-stream"));
        assertThat(answering.answer().hasResponseHeaders()).isTrue();
        Await.await(() -> picker.server.bodyBytes() > 0);

        picker.server.stop(Duration.ZERO);

        var refusal = undecided.answer().getImmediateResponse();
        assertThat(refusal.getStatus().getCode()).isEqualTo(503);
        assertThat(undecided.closed().isOk()).isTrue();
        assertThat(answering.closed().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(picker.inFlight()).isZero();
        assertThat(picker.server.counts().of(StreamEvent.SHUT_DOWN)).isEqualTo(2);
        picker.close();
    }

    @Test
    void aDrainLetsWhatIsUnderWayEndAndSaysNotServing() throws Exception {
        var picker = PickerFixture.start();
        var call = new ProxyCall(picker.channel());
        call.send(Messages.chatHead());
        call.send(Messages.requestBody(BODY, true));
        assertThat(call.answer().hasRequestHeaders()).isTrue();
        assertThat(call.answer().hasRequestBody()).isTrue();
        var stop = Thread.ofVirtual().start(() -> picker.server.stop(Duration.ofSeconds(60)));
        Await.await(() -> check(picker.channel(), "") == ServingStatus.NOT_SERVING);
        call.send(Messages.responseHead(200, "application/json"));
        assertThat(call.answer().hasResponseHeaders()).isTrue();
        call.send(Messages.body(Direction.RESPONSE, "{}", true));
        assertThat(call.answer().hasResponseBody()).isTrue();
        call.halfClose();
        assertThat(call.closed().isOk()).isTrue();
        stop.join();
        assertThat(picker.server.counts().of(StreamEvent.SHUT_DOWN)).isZero();
        picker.close();
    }

    @Test
    void messagesAboveTheLimitAreRefusedAndEndTheirStreamOnly() throws IOException {
        try (var picker = PickerFixture.start(
                PickerFixture.plaintext().toBuilder().maxMessageBytes(100_000).build(),
                PickerFixture.specs(PickerFixture.ENDPOINTS))) {
            var large = new ProxyCall(picker.channel());
            large.send(Messages.chatHead());
            large.send(Messages.requestBody(Messages.chat(20 << 20), true));
            var refusal = large.answer().getImmediateResponse();
            assertThat(refusal.getStatus().getCode()).isEqualTo(413);
            assertThat(refusal.getBody().toStringUtf8()).contains("\"code\":\"request_too_large\"");
            assertThat(large.closed().isOk()).isTrue();
            assertThat(picker.server.counts().of(StreamEvent.TOO_LONG)).isEqualTo(1);
            assertThat(picker.server.counts().of(StreamEvent.REFUSED)).isEqualTo(1);
            var small = new ProxyCall(picker.channel());
            small.send(Messages.chatHead());
            small.send(Messages.requestBody(BODY, true));
            assertThat(small.answer().hasRequestHeaders()).isTrue();
            small.cancel();
        }
    }

    @Test
    void tlsIsOnByDefaultWithItsOwnCertificate() throws IOException {
        try (var picker = PickerFixture.start(
                ExtProcSettings.builder().ports(0, 0).build(), PickerFixture.specs(PickerFixture.ENDPOINTS))) {
            var seen = new AtomicReference<X509Certificate>();
            assertPicks(picker, client(seen, null));
            assertThat(seen.get().getSubjectX500Principal().getName()).isEqualTo("CN=kvasir");
            assertThat(seen.get().getPublicKey().getAlgorithm()).isEqualTo("EC");
        }
    }

    @Test
    void ownCertificatesAreReadAgainWhenTheyChangeAndStreamsGoOn(@TempDir Path directory) throws Exception {
        var first = write(SelfSigned.generate(Instant.now()), directory);
        var tls = new TlsSettings(directory, Duration.ofMillis(50), null);
        try (var picker = PickerFixture.start(
                ExtProcSettings.builder().ports(0, 0).tls(tls).build(), PickerFixture.specs(PickerFixture.ENDPOINTS))) {
            var seen = new AtomicReference<X509Certificate>();
            assertPicks(picker, client(seen, null));
            assertThat(seen.get()).isEqualTo(first);
            var channel = tlsChannel(picker, client(seen, null));
            var open = new ProxyCall(channel);
            open.send(Messages.chatHead());
            var second = write(SelfSigned.generate(Instant.now()), directory);
            var later = FileTime.from(Instant.now().plusSeconds(5));
            Files.setLastModifiedTime(directory.resolve("tls.crt"), later);
            Files.setLastModifiedTime(directory.resolve("tls.key"), later);
            Await.await(() -> {
                assertPicks(picker, client(seen, null));
                return seen.get().equals(second);
            });
            open.send(Messages.requestBody(BODY, true));
            assertThat(open.answer().hasRequestHeaders()).isTrue();
            channel.shutdownNow();
        }
    }

    @Test
    void clientCertificatesCanBeDemanded(@TempDir Path directory) throws Exception {
        var gateway = SelfSigned.generate(Instant.now());
        write(gateway, directory);
        var tls = new TlsSettings(null, null, directory.resolve("tls.crt"));
        try (var picker = PickerFixture.start(
                ExtProcSettings.builder().ports(0, 0).tls(tls).build(), PickerFixture.specs(PickerFixture.ENDPOINTS))) {
            var seen = new AtomicReference<X509Certificate>();
            assertPicks(picker, client(seen, gateway));
            var stranger = new ProxyCall(tlsChannel(picker, client(seen, null)));
            assertThat(stranger.closed().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        }
    }

    @Test
    void tls12IsRefusedWhereItIsTooOld() throws IOException {
        try (var picker = tlsPicker(new TlsSettings(null, null, null, true, List.of()))) {
            assertThat(handshake(picker, "TLSv1.3")).startsWith("TLS_AES_");
            assertThatThrownBy(() -> handshake(picker, "TLSv1.2")).isInstanceOf(SSLException.class);
        }
    }

    @Test
    void onlyTheCipherSuitesNamedAreSpokenInTls12AndAllInTls13() throws IOException {
        String suite = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256";
        try (var picker = tlsPicker(new TlsSettings(null, null, null, false, List.of(suite)))) {
            assertThat(handshake(picker, "TLSv1.2")).isEqualTo(suite);
            assertThat(handshake(picker, "TLSv1.3")).startsWith("TLS_AES_");
        }
    }

    private static PickerFixture tlsPicker(TlsSettings tls) throws IOException {
        return PickerFixture.start(
                ExtProcSettings.builder().ports(0, 0).tls(tls).build(), PickerFixture.specs(PickerFixture.ENDPOINTS));
    }

    /** The cipher suite that a client of that version only agrees on. */
    private static String handshake(PickerFixture picker, String version) throws IOException {
        var client = SslContextBuilder.forClient()
                .trustManager(InsecureTrustManagerFactory.INSTANCE)
                .build();
        var sockets = ((JdkSslContext) client).context().getSocketFactory();
        try (var socket = (SSLSocket) sockets.createSocket("127.0.0.1", picker.server.port())) {
            socket.setEnabledProtocols(new String[] {version});
            var parameters = socket.getSSLParameters();
            parameters.setApplicationProtocols(new String[] {"h2"});
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            return socket.getSession().getCipherSuite();
        }
    }

    @Test
    void aKeyOfAnotherCertificateIsNotTaken(@TempDir Path directory) throws Exception {
        var first = write(SelfSigned.generate(Instant.now()), directory);
        var key = directory.resolve("tls.key");
        var old = Files.readString(key);
        var tls = new TlsSettings(directory, Duration.ofMillis(50), null);
        var settings = ExtProcSettings.builder().ports(0, 0).tls(tls).build();
        try (var picker = PickerFixture.start(settings, PickerFixture.specs(PickerFixture.ENDPOINTS))) {
            // as where a certificate is read that was written after its key
            pem(key, "PRIVATE KEY", SelfSigned.generate(Instant.now()).key().getEncoded());
            var seen = new AtomicReference<X509Certificate>();
            assertThatThrownBy(() -> PickerFixture.start(settings, PickerFixture.specs(PickerFixture.ENDPOINTS)))
                    .isInstanceOf(IOException.class)
                    .hasMessage("cert-path: " + directory
                            + " holds no usable tls.crt and tls.key: the key is not that of the certificate");
            assertPicks(picker, client(seen, null));
            assertThat(seen.get()).isEqualTo(first);
            Files.writeString(key, old);
            assertPicks(picker, client(seen, null));
        }
    }

    private static X509Certificate write(SelfSigned pair, Path directory) throws Exception {
        pem(directory.resolve("tls.key"), "PRIVATE KEY", pair.key().getEncoded());
        pem(directory.resolve("tls.crt"), "CERTIFICATE", pair.certificate().getEncoded());
        return pair.certificate();
    }

    private static void pem(Path file, String kind, byte[] der) throws IOException {
        Files.writeString(
                file,
                "-----BEGIN " + kind + "-----\n" + Base64.getMimeEncoder().encodeToString(der) + "\n-----END " + kind
                        + "-----\n");
    }

    private static SslContext client(AtomicReference<X509Certificate> seen, @Nullable SelfSigned identity)
            throws IOException {
        var trust = new X509TrustManager() {
            @Override
            public void checkClientTrusted(X509Certificate[] chain, String type) {}

            @Override
            public void checkServerTrusted(X509Certificate[] chain, String type) {
                seen.set(chain[0]);
            }

            @Override
            public X509Certificate[] getAcceptedIssuers() {
                return new X509Certificate[0];
            }
        };
        var builder = GrpcSslContexts.configure(
                SslContextBuilder.forClient().trustManager(trust).endpointIdentificationAlgorithm(""));
        if (identity != null) {
            builder.keyManager(identity.key(), identity.certificate());
        }
        return builder.build();
    }

    private static ManagedChannel tlsChannel(PickerFixture picker, SslContext context) {
        return NettyChannelBuilder.forAddress("127.0.0.1", picker.server.port())
                .sslContext(context)
                .overrideAuthority("picker.test")
                .build();
    }

    private static void assertPicks(PickerFixture picker, SslContext context) {
        var channel = tlsChannel(picker, context);
        var call = new ProxyCall(channel);
        call.send(Messages.chatHead());
        call.send(Messages.requestBody(BODY, true));
        assertThat(call.answer().hasRequestHeaders()).isTrue();
        call.cancel();
        channel.shutdownNow();
    }

    private static ServingStatus check(Channel channel, String service) {
        return ClientCalls.blockingUnaryCall(
                        channel,
                        HealthService.CHECK,
                        CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS),
                        HealthCheckRequest.newBuilder().setService(service).build())
                .getStatus();
    }

    /** A channel to the health port. */
    private static final class Health implements AutoCloseable {
        private final ManagedChannel channel;

        Health(PickerFixture picker) {
            channel = NettyChannelBuilder.forAddress("127.0.0.1", picker.server.healthPort())
                    .usePlaintext()
                    .build();
        }

        ServingStatus check(String service) {
            return ExtProcServerTest.check(channel, service);
        }

        @Override
        public void close() {
            channel.shutdownNow();
        }
    }
}
