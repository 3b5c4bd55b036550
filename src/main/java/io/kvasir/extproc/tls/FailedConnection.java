package io.kvasir.extproc.tls;

import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import java.nio.channels.ClosedChannelException;
import java.security.cert.CertificateException;
import java.util.Locale;

/** Why a connection came to nothing before its first stream; the codes are stable names in metrics. */
public enum FailedConnection {
    /** No TLS where it is spoken. */
    PLAINTEXT("plaintext", "it speaks plaintext to a port with TLS"),
    /** TLS where none is spoken. */
    TLS("tls", "it speaks TLS to a port without"),
    /** Plaintext, and no HTTP/2. */
    NOT_HTTP2("not-http2", "it does not speak HTTP/2"),
    /** TLS without the protocol {@code h2} by ALPN. */
    NO_ALPN("no-alpn", "it does not offer HTTP/2 by ALPN (h2)"),
    /** No version of TLS in common. */
    VERSION("version", "there is no version of TLS in common"),
    /** No cipher suite, group or signature in common. */
    CIPHER("cipher", "there is no cipher suite in common"),
    /** A server name that is refused, see {@link ServerNames}. */
    SERVER_NAME("server-name", "it calls this server by a name that is refused"),
    /** A client certificate is demanded, and none was shown. */
    NO_CERTIFICATE("no-certificate", "it shows no client certificate"),
    /** The client certificate is expired, of another authority or otherwise of no use. */
    BAD_CERTIFICATE("bad-certificate", "its client certificate is not good"),
    /** The client ended the handshake with an alert, as where it does not trust this server's certificate. */
    ALERT("alert", "it refused this server"),
    /** The client closed the connection while the handshake ran. */
    CLOSED("closed", "it closed the connection during the handshake"),
    /** The handshake was not done in time. */
    TIMEOUT("timeout", "the handshake took too long"),
    /** None of these. */
    OTHER("other", "the handshake failed");

    private final String code;
    private final String words;

    FailedConnection(String code, String words) {
        this.code = code;
        this.words = words;
    }

    /** Stable name. */
    public String code() {
        return code;
    }

    /** What the peer did, in a sentence about "it". */
    String words() {
        return words;
    }

    /** Why a handshake failed. JSSE has a type for few causes only, so that the rest goes by its words. */
    static FailedConnection of(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            switch (cause) {
                case NotSslRecordException _ -> {
                    return PLAINTEXT;
                }
                case SslHandshakeTimeoutException _ -> {
                    return TIMEOUT;
                }
                case CertificateException _ -> {
                    return BAD_CERTIFICATE;
                }
                case ClosedChannelException _ -> {
                    return CLOSED;
                }
                default -> {
                    var reason = byWords(String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT));
                    if (reason != OTHER) {
                        return reason;
                    }
                }
            }
        }
        return OTHER;
    }

    private static FailedConnection byWords(String words) {
        if (words.contains("received fatal alert")) {
            return ALERT;
        }
        if (words.contains("server name") || words.contains("server_name") || words.contains("hostname in")) {
            return SERVER_NAME;
        }
        if (words.contains("empty client certificate") || words.contains("client certificate is required")) {
            return NO_CERTIFICATE;
        }
        if (words.contains("certificate")) {
            return BAD_CERTIFICATE;
        }
        if (words.contains("protocol version") || words.contains("client requested protocol")) {
            return VERSION;
        }
        if (words.contains("in common") || words.contains("no key share") || words.contains("no supported")) {
            return CIPHER;
        }
        return words.contains("connection closed") ? CLOSED : OTHER;
    }
}
