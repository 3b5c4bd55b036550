package io.kvasir.extproc.tls;

import io.netty.handler.ssl.JdkAlpnApplicationProtocolNegotiator;
import io.netty.handler.ssl.JdkSslContext;
import java.lang.invoke.MethodHandles;

/**
 * What Netty finds out of the JDK's TLS: it asks contexts of its own that trust whom the JVM trusts, for which the
 * certificates of all authorities are read. No connection uses those contexts.
 */
public final class TlsDefaults {
    /** Where the JVM's authorities are, as the JSSE reference guide has it, and its word for none. */
    private static final String AUTHORITIES = "javax.net.ssl.trustStore";

    private static final String NOWHERE = "NONE";

    private TlsDefaults() {}

    /**
     * Has Netty find that out without authorities, now. They are read when somebody needs them, from where they are. Must run before
     * any other thread makes a TLS context; does nothing where the property says where they are, or where it was found out.
     */
    @SuppressWarnings("deprecation") // the one public class that has it found out whether there is ALPN
    public static void withoutAuthorities() {
        if (System.getProperty(AUTHORITIES) != null) {
            return;
        }
        System.setProperty(AUTHORITIES, NOWHERE);
        try {
            var _ = MethodHandles.lookup().ensureInitialized(JdkSslContext.class);
            var _ = MethodHandles.lookup().ensureInitialized(JdkAlpnApplicationProtocolNegotiator.class);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        } finally {
            System.clearProperty(AUTHORITIES);
        }
    }
}
