package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.kvasir.access.ReviewingApi;
import io.kvasir.extproc.tls.SelfSigned;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The management port of the built program, with an API server that reviews tokens, and by TLS. */
class ManagementPortIT {
    private static final Duration START = Duration.ofSeconds(60);
    private static final char[] NO_PASSWORD = {};
    private static final Pattern READY = Pattern.compile("Kvasir is ready: .*, management port ([1-9][0-9]*)");

    private final ReviewingApi api = new ReviewingApi();
    private final List<HttpClient> clients = new ArrayList<>();
    private int port;
    private @Nullable Process program;

    @TempDir
    Path folder;

    @AfterEach
    void stop() throws InterruptedException {
        clients.forEach(HttpClient::shutdownNow);
        if (program != null) {
            program.destroyForcibly().waitFor();
        }
        api.close();
    }

    private Process start(String... args) throws IOException {
        return start(Map.of(), args);
    }

    private Process start(Map<String, String> environment, String... args) throws IOException {
        var flags = new ArrayList<>(List.of("--mode=proxy", "--http-port=0", "--metrics-port=0"));
        flags.addAll(List.of(args));
        var builder = BuiltProgram.printingTo(folder, BuiltProgram.demo(List.of(), flags));
        builder.environment().put("KUBERNETES_MASTER", api.url());
        builder.environment().putAll(environment);
        program = builder.start();
        return program;
    }

    private String base(String scheme) {
        return scheme + "://localhost:" + port;
    }

    private HttpClient client(@Nullable SSLContext tls) {
        var builder = HttpClient.newBuilder();
        if (tls != null) {
            builder.sslContext(tls);
        }
        var client = builder.build();
        clients.add(client);
        return client;
    }

    private static HttpResponse<String> send(HttpClient client, HttpRequest.Builder request)
            throws IOException, InterruptedException {
        return client.send(request.timeout(START).build(), HttpResponse.BodyHandlers.ofString());
    }

    private static HttpResponse<String> get(HttpClient client, String uri) throws IOException, InterruptedException {
        return send(client, HttpRequest.newBuilder(URI.create(uri)));
    }

    private void awaitReady(HttpClient client, String scheme) {
        await().atMost(START).until(() -> {
            assertThat(program).as(this::printed).matches(started -> started != null && started.isAlive());
            var said = READY.matcher(printed());
            if (!said.find()) {
                return false;
            }
            port = Integer.parseInt(said.group(1));
            try {
                return get(client, base(scheme) + "/q/health/ready").statusCode() == 200;
            } catch (IOException e) {
                return false;
            }
        });
    }

    private String printed() {
        return BuiltProgram.printed(folder);
    }

    @Test
    void metricsAndApiAreForWhomTheClusterSaysAndHealthIsForAll() throws Exception {
        api.users.put("scraper-token", "prometheus");
        api.users.put("console-token", "operator");
        api.grants.add("prometheus get /metrics");
        api.grants.addAll(List.of("operator get /kvasir/api/endpoints", "operator post /kvasir/api/explain"));
        start("--metrics-endpoint-auth");
        var client = client(null);
        awaitReady(client, "http");

        for (String path : List.of("/metrics", "//metrics", "/api/endpoints", "/q/health/../../metrics", "/live")) {
            assertThat(get(client, base("http") + path).statusCode()).as(path).isEqualTo(401);
        }
        assertThat(get(client, base("http") + "/").body())
                .contains("A token, please")
                .doesNotContain("h200");
        assertThat(asked(client, "/metrics", "made-up").statusCode()).isEqualTo(401);
        assertThat(asked(client, "/metrics", "console-token").statusCode()).isEqualTo(403);
        assertThat(asked(client, "/api/endpoints", "scraper-token").statusCode())
                .isEqualTo(403);
        assertThat(asked(client, "/api/endpoints", "console-token").body()).contains("h200");
        var explained = send(
                client,
                HttpRequest.newBuilder(URI.create(base("http") + "/api/explain"))
                        .header("authorization", "Bearer console-token")
                        .header("content-type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString("{\"prompt\":\"" + "x".repeat(100_000) + "\"}")));
        assertThat(explained.statusCode()).isEqualTo(200);
        assertThat(explained.body()).contains("candidates");
        assertThat(asked(client, "/metrics", "scraper-token").body())
                .contains(
                        "kvasir_management_requests_total{verdict=\"no_token\"} 5.0",
                        "kvasir_management_requests_total{verdict=\"bad_token\"} 1.0",
                        "kvasir_ready{condition=\"doors\"} 1.0");

        api.close();
        assertThat(asked(client, "/metrics", "scraper-token").statusCode())
                .as("remembered")
                .isEqualTo(200);
        assertThat(asked(client, "/metrics", "another").statusCode()).isEqualTo(503);
        assertThat(get(client, base("http") + "/q/health/ready").statusCode()).isEqualTo(200);
        assertThat(printed()).containsOnlyOnce("cannot be reviewed").doesNotContain("Exception", "scraper-token");
    }

    private HttpResponse<String> asked(HttpClient client, String path, String token)
            throws IOException, InterruptedException {
        return send(
                client,
                HttpRequest.newBuilder(URI.create(base("http") + path)).header("authorization", "Bearer " + token));
    }

    @Test
    void noDirectoryIsWrittenTo() throws Exception {
        Path nowhere = Files.writeString(folder.resolve("file"), "").resolve("tmp");
        start(Map.of("JDK_JAVA_OPTIONS", "-Djava.io.tmpdir=" + nowhere));
        var client = client(null);
        awaitReady(client, "http");
        assertThat(get(client, base("http") + "/api/endpoints").body()).contains("h200");
    }

    @Test
    void clientsShowACertificateExceptForHealth() throws Exception {
        var server = SelfSigned.generate(Instant.now());
        var scraper = SelfSigned.generate(Instant.now());
        var stranger = SelfSigned.generate(Instant.now());
        write("tls.crt", "CERTIFICATE", server.certificate().getEncoded());
        write("tls.key", "PRIVATE KEY", server.key().getEncoded());
        Path authorities = write("ca.crt", "CERTIFICATE", scraper.certificate().getEncoded());
        start("--metrics-cert-dir", folder.toString(), "--metrics-client-ca-file", authorities.toString());
        var nobody = client(tls(server, null));
        awaitReady(nobody, "https");

        var refused = get(nobody, base("https") + "/metrics");
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.body()).contains("no_certificate");
        assertThat(get(client(tls(server, scraper)), base("https") + "/metrics").body())
                .contains("kvasir_management_requests_total{verdict=\"no_certificate\"} 1.0");
        assertThatThrownBy(() -> get(client(tls(server, stranger)), base("https") + "/metrics"))
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> get(client(null), base("http") + "/metrics")).isInstanceOf(IOException.class);
    }

    @Test
    void withTlsAndTokensNoCertificateIsAskedFor() throws Exception {
        api.users.put("scraper-token", "prometheus");
        api.grants.add("prometheus get /metrics");
        var server = SelfSigned.generate(Instant.now());
        write("tls.crt", "CERTIFICATE", server.certificate().getEncoded());
        write("tls.key", "PRIVATE KEY", server.key().getEncoded());
        start("--metrics-cert-dir", folder.toString(), "--metrics-endpoint-auth");
        var client = client(tls(server, null));
        awaitReady(client, "https");

        assertThat(get(client, base("https") + "/metrics").statusCode()).isEqualTo(401);
        assertThat(send(
                                client,
                                HttpRequest.newBuilder(URI.create(base("https") + "/metrics"))
                                        .header("authorization", "Bearer scraper-token"))
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void aCertificateThatIsNoneStopsTheStartInOneLine() throws Exception {
        Files.writeString(folder.resolve("tls.crt"), "nothing");
        Files.writeString(folder.resolve("tls.key"), "nothing");
        var refused = start("--metrics-cert-dir", folder.toString(), "--metrics-endpoint-auth");
        assertThat(refused.waitFor(START.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(refused.exitValue()).isEqualTo(2);
        assertThat(Files.readAllLines(folder.resolve("err")))
                .singleElement()
                .asString()
                .startsWith("kvasir: metrics-cert-dir: " + folder + " holds no usable tls.crt and tls.key: ");
    }

    private Path write(String name, String kind, byte[] der) throws IOException {
        return Files.writeString(
                folder.resolve(name),
                "-----BEGIN " + kind + "-----\n" + Base64.getMimeEncoder().encodeToString(der) + "\n-----END " + kind
                        + "-----\n");
    }

    private static SSLContext tls(SelfSigned server, @Nullable SelfSigned own) throws Exception {
        var trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("server", server.certificate());
        var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        var identity = KeyStore.getInstance("PKCS12");
        identity.load(null, null);
        if (own != null) {
            identity.setKeyEntry("own", own.key(), NO_PASSWORD, new Certificate[] {own.certificate()});
        }
        keys.init(identity, NO_PASSWORD);
        var context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }
}
