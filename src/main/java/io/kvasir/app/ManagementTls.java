package io.kvasir.app;

import io.kvasir.failure.FailureText;
import io.netty.handler.ssl.SslContextBuilder;
import io.quarkus.vertx.http.HttpServerOptionsCustomizer;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServerOptions;
import jakarta.inject.Singleton;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.net.ssl.SSLException;

/**
 * TLS of the management port. The framework is told by system properties before it starts. It reads changed files again
 * by itself, but would decide when it is built whether clients are asked for certificates.
 */
@Singleton
class ManagementTls implements HttpServerOptionsCustomizer {
    private static final String NAME = "management";
    private static final String RELOAD = "30s";

    /**
     * Tells the framework, where TLS is wanted.
     *
     * @throws ConfigurationException in one line, if a file is missing or no certificate or key
     */
    static void configure(ManagementSettings settings, int port) {
        var directory = settings.certDirectory();
        if (directory == null) {
            return;
        }
        Path certificate = readable(directory.resolve("tls.crt"), Flag.METRICS_CERT_DIR);
        Path key = readable(directory.resolve("tls.key"), Flag.METRICS_CERT_DIR);
        check(certificate, key);
        String registry = "quarkus.tls." + NAME + '.';
        System.setProperty(registry + "key-store.pem.0.cert", certificate.toString());
        System.setProperty(registry + "key-store.pem.0.key", key.toString());
        System.setProperty(registry + "reload-period", RELOAD);
        var authorities = settings.clientAuthorities();
        if (authorities != null) {
            checkAuthorities(readable(authorities, Flag.METRICS_CLIENT_CA_FILE));
            System.setProperty(registry + "trust-store.pem.certs", authorities.toString());
        }
        System.setProperty("quarkus.http.tls-configuration-name", NAME);
        System.setProperty("quarkus.http.ssl-port", Integer.toString(port));
        System.setProperty("quarkus.http.insecure-requests", "disabled");
    }

    private static Path readable(Path file, Flag flag) {
        if (!Files.isReadable(file)) {
            throw new ConfigurationException(flag.key() + ": " + file + " cannot be read; allowed: a PEM file");
        }
        return file;
    }

    private static void check(Path certificate, Path key) {
        try {
            SslContextBuilder.forServer(certificate.toFile(), key.toFile()).build();
        } catch (IllegalArgumentException | SSLException e) {
            throw new ConfigurationException(Flag.METRICS_CERT_DIR.key() + ": " + certificate.getParent()
                    + " holds no usable tls.crt and tls.key: " + FailureText.of(e));
        }
    }

    private static void checkAuthorities(Path file) {
        try {
            SslContextBuilder.forClient().trustManager(file.toFile()).build();
        } catch (IllegalArgumentException | SSLException e) {
            throw new ConfigurationException(
                    Flag.METRICS_CLIENT_CA_FILE.key() + ": " + file + " holds no certificates: " + FailureText.of(e));
        }
    }

    /** Probes have no certificate, so one is asked for here and demanded behind, where the path is known. */
    @Override
    public void customizeHttpsServer(HttpServerOptions options) {
        if (options.getTrustOptions() != null) {
            options.setClientAuth(ClientAuth.REQUEST);
        }
    }
}
