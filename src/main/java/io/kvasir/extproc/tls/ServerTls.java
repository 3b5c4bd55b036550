package io.kvasir.extproc.tls;

import io.grpc.netty.GrpcSslContexts;
import io.grpc.util.AdvancedTlsX509KeyManager;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** TLS of the picker's port, ALPN {@code h2} included, without which Envoy's client fails. */
public final class ServerTls implements AutoCloseable {
    private final SslContext context;
    private final AdvancedTlsX509KeyManager.@Nullable Closeable reloading;

    private ServerTls(SslContext context, AdvancedTlsX509KeyManager.@Nullable Closeable reloading) {
        this.context = context;
        this.reloading = reloading;
    }

    /**
     * Reads or makes the certificates.
     *
     * @param scheduler looks for changed files where the settings ask for it; must be alive until this is closed
     * @throws IOException if they cannot be read or are no certificates, in one line that names the file
     */
    public static ServerTls start(TlsSettings settings, ScheduledExecutorService scheduler) throws IOException {
        var keys = new AdvancedTlsX509KeyManager();
        var authorities = settings.clientAuthorities();
        var directory = settings.directory();
        AdvancedTlsX509KeyManager.Closeable reloading = null;
        try {
            if (directory == null) {
                var own = SelfSigned.generate(Instant.now());
                keys.updateIdentityCredentials(new X509Certificate[] {own.certificate()}, own.key());
            } else {
                var certificate = readable(directory.resolve("tls.crt"), "cert-path");
                var key = readable(directory.resolve("tls.key"), "cert-path");
                var every = settings.reloadEvery();
                if (every != null) {
                    reloading = keys.updateIdentityCredentials(
                            certificate, key, every.toMillis(), TimeUnit.MILLISECONDS, scheduler);
                } else {
                    keys.updateIdentityCredentials(certificate, key);
                }
            }
            var builder = GrpcSslContexts.configure(SslContextBuilder.forServer(keys));
            if (authorities != null) {
                builder.trustManager(readable(authorities, "client-ca-file")).clientAuth(ClientAuth.REQUIRE);
            }
            return new ServerTls(builder.build(), reloading);
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            if (reloading != null) {
                reloading.close();
            }
            throw new IOException(
                    "cert-path: " + directory + " holds no usable tls.crt and tls.key: " + e.getMessage(), e);
        }
    }

    private static File readable(Path file, String key) throws IOException {
        if (!Files.isReadable(file)) {
            throw new IOException(key + ": " + file + " cannot be read; allowed: a PEM file");
        }
        return file.toFile();
    }

    /** For the server. */
    public SslContext context() {
        return context;
    }

    /** Stops looking for changed files. */
    @Override
    public void close() {
        if (reloading != null) {
            reloading.close();
        }
    }
}
