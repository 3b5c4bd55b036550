package io.kvasir.extproc.tls;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.KeyStore;
import java.util.Arrays;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.Test;

class TlsDefaultsTest {
    private static int authorities() throws Exception {
        var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init((KeyStore) null);
        return Arrays.stream(factory.getTrustManagers())
                .map(X509TrustManager.class::cast)
                .mapToInt(trust -> trust.getAcceptedIssuers().length)
                .sum();
    }

    @Test
    void whoAsksLaterTrustsWhomTheJvmTrusts() throws Exception {
        TlsDefaults.withoutAuthorities();
        assertThat(System.getProperty("javax.net.ssl.trustStore")).isNull();
        assertThat(authorities()).isPositive();
    }
}
