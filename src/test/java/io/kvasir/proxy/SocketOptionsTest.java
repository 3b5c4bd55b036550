package io.kvasir.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SocketOptionsTest {
    @Test
    void neitherSideWaitsToFillASegment() {
        assertThat(ProxyLoop.serverOptions(ProxySettings.DEFAULT, 8080).isTcpNoDelay())
                .isTrue();
        assertThat(ProxyLoop.clientOptions(ProxySettings.DEFAULT).isTcpNoDelay())
                .isTrue();
    }

    @Test
    void theDefaultsAreTheDocumentedLimits() {
        var settings = ProxySettings.DEFAULT;
        assertThat(settings.port()).isEqualTo(8080);
        assertThat(settings.limits()).isEqualTo(new ProxySettings.Limits(67_108_864, 65_536));
        assertThat(settings.waits().connect()).hasSeconds(1);
        assertThat(settings.waits().header()).hasSeconds(30);
        assertThat(settings.waits().idle()).hasSeconds(300);
        assertThat(ProxyLoop.clientOptions(settings).getConnectTimeout()).isEqualTo(1000);
        assertThat(ProxyLoop.serverOptions(settings, 8080).getMaxHeaderSize()).isEqualTo(65_536);
    }
}
