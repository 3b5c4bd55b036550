package io.kvasir.extproc.tls;

import io.grpc.netty.GrpcSslContexts;
import io.grpc.util.AdvancedTlsX509KeyManager;
import io.grpc.util.CertificateUtils;
import io.kvasir.failure.FailureText;
import io.netty.handler.codec.http2.Http2SecurityUtil;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** TLS of the picker's port, ALPN {@code h2} included, without which Envoy's client fails. */
public final class ServerTls implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(ServerTls.class);

    private final SslContext context;
    private final @Nullable Future<?> reloading;

    private ServerTls(SslContext context, @Nullable Future<?> reloading) {
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
        ServerNames.takeAny();
        var keys = new AdvancedTlsX509KeyManager();
        var authorities = settings.clientAuthorities();
        var directory = settings.directory();
        try {
            Files files = null;
            if (directory == null) {
                var own = SelfSigned.generate(Instant.now());
                keys.updateIdentityCredentials(new X509Certificate[] {own.certificate()}, own.key());
            } else {
                files = new Files(
                        keys,
                        readable(directory.resolve("tls.crt"), "cert-path"),
                        readable(directory.resolve("tls.key"), "cert-path"));
                files.read();
            }
            var context = authorities == null
                    ? forAnybody(settings, keys)
                    : forClientsOf(readable(authorities, "client-ca-file"), settings, keys);
            var every = settings.reloadEvery();
            return new ServerTls(
                    context,
                    files == null || every == null
                            ? null
                            : scheduler.scheduleWithFixedDelay(
                                    files::readIfChanged, every.toMillis(), every.toMillis(), TimeUnit.MILLISECONDS));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException(
                    "cert-path: " + directory + " holds no usable tls.crt and tls.key: " + FailureText.of(e), e);
        }
    }

    private static SslContext forClientsOf(File authorities, TlsSettings settings, AdvancedTlsX509KeyManager keys)
            throws IOException {
        return GrpcSslContexts.configure(SslContextBuilder.forServer(keys))
                .protocols(protocols(settings))
                .ciphers(ciphers(settings), SupportedCipherSuiteFilter.INSTANCE)
                .trustManager(authorities)
                .clientAuth(ClientAuth.REQUIRE)
                .build();
    }

    /** What the builder would make, whose class first encrypts a key to see whether it can: a tenth of a start. */
    private static SslContext forAnybody(TlsSettings settings, AdvancedTlsX509KeyManager keys)
            throws GeneralSecurityException {
        var tls = SSLContext.getInstance("TLS");
        tls.init(new KeyManager[] {keys}, new TrustManager[0], null);
        return new JdkSslContext(
                tls,
                false,
                ciphers(settings),
                SupportedCipherSuiteFilter.INSTANCE,
                http2(),
                ClientAuth.NONE,
                protocols(settings),
                false);
    }

    /** What either side says of the protocols behind TLS: HTTP/2, and nothing else. */
    public static ApplicationProtocolConfig http2() {
        return new ApplicationProtocolConfig(
                ApplicationProtocolConfig.Protocol.ALPN,
                ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                ApplicationProtocolNames.HTTP_2);
    }

    private static String[] protocols(TlsSettings settings) {
        return settings.newestOnly() ? new String[] {"TLSv1.3"} : new String[] {"TLSv1.3", "TLSv1.2"};
    }

    private static List<String> ciphers(TlsSettings settings) {
        return settings.cipherSuites().isEmpty()
                ? Http2SecurityUtil.CIPHERS
                : Stream.concat(CipherSuites.ofTls13().stream(), settings.cipherSuites().stream())
                        .distinct()
                        .toList();
    }

    private static File readable(Path file, String key) throws IOException {
        if (!file.toFile().canRead()) {
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
            reloading.cancel(false);
        }
    }

    /** Certificate and key in files. The key manager's own reload looks once a minute at most. */
    private static final class Files {
        private final AdvancedTlsX509KeyManager keys;
        private final File certificate;
        private final File key;
        private long read;

        Files(AdvancedTlsX509KeyManager keys, File certificate, File key) {
            this.keys = keys;
            this.certificate = certificate;
            this.key = key;
        }

        private long changed() {
            // symbolic links to a mounted secret change both at once
            return certificate.lastModified() * 31 + key.lastModified();
        }

        void read() throws IOException, GeneralSecurityException {
            long now = changed();
            X509Certificate[] chain;
            try (var in = new FileInputStream(certificate)) {
                chain = CertificateUtils.getX509Certificates(in);
            }
            PrivateKey own;
            try (var in = new FileInputStream(key)) {
                own = CertificateUtils.getPrivateKey(in);
            }
            if (chain.length == 0 || !belong(chain[0].getPublicKey(), own)) {
                // as while one file is written and the other is not yet: clients would be sent away until both are
                throw new InvalidKeyException("the key is not that of the certificate");
            }
            keys.updateIdentityCredentials(chain, own);
            read = now;
        }

        /** Whether what the one signs the other verifies; true for kinds of keys that are not known here. */
        private static boolean belong(PublicKey shown, PrivateKey own) throws GeneralSecurityException {
            String algorithm = switch (own.getAlgorithm()) {
                case "EC" -> "SHA256withECDSA";
                case "RSA" -> "SHA256withRSA";
                default -> null;
            };
            if (algorithm == null) {
                return true;
            }
            byte[] text = {1, 2, 3};
            var signature = Signature.getInstance(algorithm);
            signature.initSign(own);
            signature.update(text);
            byte[] signed = signature.sign();
            signature.initVerify(shown);
            signature.update(text);
            return signature.verify(signed);
        }

        void readIfChanged() {
            if (changed() == read) {
                return;
            }
            try {
                read();
                LOG.infof("read %s again", certificate);
            } catch (IOException | GeneralSecurityException | RuntimeException e) {
                // maybe half written; looked at again next time, while the last good one serves
                LOG.warnf("%s cannot be used, the last good certificate stays: %s", certificate, FailureText.of(e));
            }
        }
    }
}
