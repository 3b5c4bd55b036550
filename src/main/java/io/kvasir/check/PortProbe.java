package io.kvasir.check;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/** Finds out what a TCP port speaks: whether it is there, TLS, HTTP/2 in plaintext, or ZeroMQ's protocol. */
final class PortProbe {
    private static final byte[] HTTP2_PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] EMPTY_SETTINGS = {0, 0, 0, 4, 0, 0, 0, 0, 0};
    private static final int SETTINGS = 4;
    private static final int FRAME_HEAD = 9;
    private static final int ZMTP_SIGNATURE = 10;

    private final Duration timeout;

    PortProbe(Duration timeout) {
        this.timeout = timeout;
    }

    /** What a TLS server showed. */
    record Tls(String protocol, String alpn, X509Certificate certificate) {
        boolean selfSigned() {
            return certificate.getIssuerX500Principal().equals(certificate.getSubjectX500Principal());
        }
    }

    /** What is done on a connection. */
    private interface Talk<T> {
        T on(Socket socket) throws IOException;
    }

    private <T> T with(String host, int port, Talk<T> talk) throws IOException {
        var socket = new Socket();
        try {
            return Bounded.call(timeout, () -> {
                int millis = (int) timeout.toMillis();
                socket.connect(new InetSocketAddress(host, port), millis);
                socket.setSoTimeout(millis);
                return talk.on(socket);
            });
        } finally {
            socket.close();
        }
    }

    /**
     * Connects.
     *
     * @return time it took in ms
     * @throws IOException if it cannot
     */
    long connect(String host, int port) throws IOException {
        long start = System.nanoTime();
        with(host, port, Socket::isConnected);
        return Duration.ofNanos(System.nanoTime() - start).toMillis();
    }

    /**
     * Shakes hands as a TLS client that trusts anybody and sends nothing.
     *
     * @throws IOException if the port does not speak TLS
     */
    Tls tls(String host, int port) throws IOException {
        return with(host, port, socket -> {
            try (var tls = (SSLSocket) trustingAnybody().getSocketFactory().createSocket(socket, host, port, true)) {
                var parameters = tls.getSSLParameters();
                parameters.setApplicationProtocols(new String[] {"h2", "http/1.1"});
                tls.setSSLParameters(parameters);
                tls.startHandshake();
                var session = tls.getSession();
                return new Tls(session.getProtocol(), tls.getApplicationProtocol(), (X509Certificate)
                        session.getPeerCertificates()[0]);
            }
        });
    }

    /** Whether the port answers the beginning of HTTP/2 in plaintext. */
    boolean plainHttp2(String host, int port) throws IOException {
        return with(host, port, socket -> {
            var out = socket.getOutputStream();
            out.write(HTTP2_PREFACE);
            out.write(EMPTY_SETTINGS);
            out.flush();
            byte[] head = socket.getInputStream().readNBytes(FRAME_HEAD);
            return head.length == FRAME_HEAD && head[3] == SETTINGS;
        });
    }

    /** Whether the port greets as ZeroMQ does. */
    boolean zeroMq(String host, int port) throws IOException {
        return with(host, port, socket -> {
            byte[] signature = socket.getInputStream().readNBytes(ZMTP_SIGNATURE);
            return signature.length == ZMTP_SIGNATURE
                    && (signature[0] & 0xff) == 0xff
                    && signature[ZMTP_SIGNATURE - 1] == 0x7f;
        });
    }

    private static SSLContext trustingAnybody() throws IOException {
        try {
            var context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {new Anybody()}, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException(e);
        }
    }

    /** Certificates are looked at, not relied on: nothing is sent behind the handshake. */
    private static final class Anybody implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
