package io.kvasir.extproc.tls;

import io.netty.handler.codec.http2.Http2SecurityUtil;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLContext;

/** Cipher suites that both HTTP/2 and this JDK allow, by their registered names. */
public final class CipherSuites {
    private static final String OLDER_THAN_TLS_1_3 = "_WITH_";

    /** How Go calls two suites for history's sake; their registered names end in the hash. */
    private static final String GO_SHORT_NAME = "_CHACHA20_POLY1305";

    private static final List<String> USABLE = find();

    private CipherSuites() {}

    private static List<String> find() {
        try {
            var supported =
                    Set.of(SSLContext.getDefault().getSupportedSSLParameters().getCipherSuites());
            return Http2SecurityUtil.CIPHERS.stream()
                    .filter(supported::contains)
                    .toList();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("no TLS in this JDK", e);
        }
    }

    /** All that can be used. */
    public static List<String> usable() {
        return USABLE;
    }

    /** The registered name of what Go calls so. */
    public static String registered(String name) {
        return name.endsWith(GO_SHORT_NAME) ? name + "_SHA256" : name;
    }

    /** Those of TLS 1.3, which as in Go are not for choosing. */
    static List<String> ofTls13() {
        return USABLE.stream()
                .filter(suite -> !suite.contains(OLDER_THAN_TLS_1_3))
                .toList();
    }
}
