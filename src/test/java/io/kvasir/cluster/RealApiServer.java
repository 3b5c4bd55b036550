package io.kvasir.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kvasir.testing.ReservedPorts;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * A real etcd and a real kube-apiserver with RBAC, out of {@code target/kubernetes}, where {@code
 * src/test/scripts/fetch-kubernetes} links them; no controllers and no nodes. The API server can be stopped and started again
 * at the same address, with the same objects.
 */
final class RealApiServer implements AutoCloseable {
    static final Path PROGRAMS = Path.of("target/kubernetes");
    static final String ADMIN_TOKEN = "token-of-the-tests";

    private static final long PATIENCE_NANOS = 120_000_000_000L;
    private static final Pattern REVISION = Pattern.compile("\"revision\":\"(\\d+)\"");

    private final HttpClient plain = HttpClient.newHttpClient();
    private final Path folder;
    private final int etcdPort = ReservedPorts.next();
    private final int port = ReservedPorts.next();
    private final Process etcd;
    private final HttpClient http;
    private Process server;

    /** Starts both, and returns when the API server is ready. */
    RealApiServer(Path folder) throws IOException, GeneralSecurityException {
        this.folder = folder;
        var pair = KeyPairGenerator.getInstance("EC");
        pair.initialize(256);
        var keys = pair.generateKeyPair();
        pem("sa.key", "PRIVATE KEY", keys.getPrivate());
        pem("sa.pub", "PUBLIC KEY", keys.getPublic());
        Files.writeString(folder.resolve("tokens.csv"), ADMIN_TOKEN + ",admin,admin,\"system:masters\"\n");
        etcd = etcd(ReservedPorts.next());
        server = server();
        http = HttpClient.newBuilder()
                .sslContext(trusting(awaitCertificate()))
                .version(HttpClient.Version.HTTP_1_1)
                .build();
        awaitReady();
    }

    /** Skips the test, with the reason, where there is none. */
    static void assumePresent() {
        assumeTrue(
                Files.isExecutable(PROGRAMS.resolve("etcd"))
                        && Files.isExecutable(PROGRAMS.resolve("kube-apiserver"))
                        && Files.isDirectory(PROGRAMS.resolve("definitions")),
                RealApiServer::whyNot);
    }

    private static String whyNot() {
        try {
            return "no kube-apiserver: "
                    + Files.readString(PROGRAMS.resolve("why-not")).strip();
        } catch (IOException e) {
            return "no kube-apiserver: src/test/scripts/fetch-kubernetes " + PROGRAMS + " looks for one";
        }
    }

    private void pem(String name, String kind, Key key) throws IOException {
        Files.writeString(
                folder.resolve(name),
                "-----BEGIN " + kind + "-----\n" + Base64.getMimeEncoder().encodeToString(key.getEncoded())
                        + "\n-----END " + kind + "-----\n");
    }

    private Process etcd(int peerPort) throws IOException {
        String client = "http://127.0.0.1:" + etcdPort;
        String peer = "http://127.0.0.1:" + peerPort;
        return launch(
                "etcd",
                "--data-dir=" + folder.resolve("data"),
                "--listen-client-urls=" + client,
                "--advertise-client-urls=" + client,
                "--listen-peer-urls=" + peer,
                "--initial-advertise-peer-urls=" + peer,
                "--initial-cluster=default=" + peer,
                "--unsafe-no-fsync");
    }

    private Process server() throws IOException {
        return launch(
                "kube-apiserver",
                "--etcd-servers=http://127.0.0.1:" + etcdPort,
                "--bind-address=127.0.0.1",
                "--advertise-address=127.0.0.1",
                "--secure-port=" + port,
                // it makes a certificate of its own there
                "--cert-dir=" + folder,
                "--endpoint-reconciler-type=none",
                "--token-auth-file=" + folder.resolve("tokens.csv"),
                "--service-account-key-file=" + folder.resolve("sa.pub"),
                "--service-account-signing-key-file=" + folder.resolve("sa.key"),
                "--service-account-issuer=https://kubernetes.default.svc",
                "--service-cluster-ip-range=10.96.0.0/16",
                "--authorization-mode=RBAC",
                // nobody makes accounts, priorities and nodes here
                "--disable-admission-plugins=ServiceAccount,TaintNodesByCondition,Priority");
    }

    private Process launch(String program, String... args) throws IOException {
        var command = new ArrayList<String>();
        command.add(PROGRAMS.resolve(program).toAbsolutePath().toString());
        command.addAll(List.of(args));
        return new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log(program).toFile()))
                .start();
    }

    private Path log(String program) {
        return folder.resolve(program + ".log");
    }

    private Path awaitCertificate() throws IOException {
        long begun = System.nanoTime();
        var file = certificate();
        while (!Files.exists(folder.resolve("apiserver.key")) || !Files.exists(file) || Files.size(file) == 0) {
            pause(begun);
        }
        return file;
    }

    private void awaitReady() throws IOException {
        long begun = System.nanoTime();
        while (true) {
            try {
                if (ask("GET", "/readyz", null, null).statusCode() == 200) {
                    return;
                }
            } catch (IOException _) {
                // it does not listen yet
            }
            pause(begun);
        }
    }

    private void pause(long begun) throws IOException {
        if (!etcd.isAlive() || !server.isAlive() || System.nanoTime() - begun > PATIENCE_NANOS) {
            close();
            throw new IOException("no API server:\n" + tail("etcd") + tail("kube-apiserver"));
        }
        LockSupport.parkNanos(10_000_000);
    }

    private String tail(String program) throws IOException {
        String text = Files.readString(log(program));
        return text.substring(Math.max(0, text.length() - 4_000));
    }

    private static SSLContext trusting(Path file) throws IOException, GeneralSecurityException {
        var trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        try (var in = Files.newInputStream(file)) {
            int n = 0;
            for (Certificate one : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                trusted.setCertificateEntry("" + n++, one);
            }
        }
        var managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(trusted);
        var context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context;
    }

    /** PEM file with what signed its certificate. */
    Path certificate() {
        return folder.resolve("apiserver.crt");
    }

    /** Base URL, the same after a restart. */
    String url() {
        return "https://127.0.0.1:" + port;
    }

    /** Asks as the administrator. */
    HttpResponse<String> ask(String method, String path, @Nullable String type, @Nullable String body)
            throws IOException {
        var request = HttpRequest.newBuilder(URI.create(url() + path))
                .header("authorization", "Bearer " + ADMIN_TOKEN)
                .method(
                        method,
                        body == null
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(body, UTF_8));
        if (type != null) {
            request.header("content-type", type);
        }
        return send(http, request.build());
    }

    private static HttpResponse<String> send(HttpClient client, HttpRequest request) throws IOException {
        try {
            return client.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    /** Stops the API server; etcd stays. */
    void stop() {
        server.destroyForcibly();
        server.onExit().join();
    }

    /** Starts it again, and returns when it is ready. */
    void start() throws IOException {
        server = server();
        awaitReady();
    }

    /** Has etcd forget how its objects became what they are now: watches from before are answered 410. */
    void compact() throws IOException {
        var range = etcd("/v3/kv/range", "{\"key\":\"Lw==\",\"limit\":1}");
        var revision = REVISION.matcher(range);
        if (!revision.find()) {
            throw new IOException("no revision in " + range);
        }
        etcd("/v3/kv/compaction", "{\"revision\":\"" + revision.group(1) + "\",\"physical\":true}");
    }

    private String etcd(String path, String body) throws IOException {
        var answer = send(
                plain,
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + etcdPort + path))
                        .POST(HttpRequest.BodyPublishers.ofString(body, UTF_8))
                        .build());
        if (answer.statusCode() != 200) {
            throw new IOException(path + ": " + answer.body());
        }
        return answer.body();
    }

    @Override
    public void close() {
        // nothing of it is kept
        server.destroyForcibly().onExit().join();
        etcd.destroyForcibly().onExit().join();
    }
}
