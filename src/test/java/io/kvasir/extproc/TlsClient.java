package io.kvasir.extproc;

import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.function.Consumer;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/** A TLS client that calls a server as gateways do, which is not always by a host name, and trusts any. */
final class TlsClient {
    private static final int HOST_NAME = 0;

    private TlsClient() {}

    /** A name that is sent as it is. */
    static SNIServerName name(String name) {
        return new SNIServerName(HOST_NAME, name.getBytes(StandardCharsets.UTF_8)) {};
    }

    /**
     * Shakes hands.
     *
     * @return the protocol agreed on by ALPN
     * @throws IOException where that failed
     */
    static String handshake(int port, SNIServerName name) throws IOException {
        return handshake(port, parameters -> parameters.setServerNames(List.of(name)));
    }

    /** The same with other parameters; {@code h2} is offered unless they say otherwise. */
    static String handshake(int port, Consumer<SSLParameters> change) throws IOException {
        try {
            var context = SSLContext.getInstance("TLS");
            context.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
            try (var socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", port)) {
                socket.setSoTimeout(20_000);
                var parameters = socket.getSSLParameters();
                parameters.setApplicationProtocols(new String[] {"h2"});
                change.accept(parameters);
                socket.setSSLParameters(parameters);
                socket.startHandshake();
                // what a server of TLS 1.3 does not like, it says only after the client has ended its part
                socket.getInputStream().read();
                return socket.getApplicationProtocol();
            }
        } catch (GeneralSecurityException e) {
            throw new IOException(e);
        }
    }
}
