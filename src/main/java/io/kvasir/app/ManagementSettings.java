package io.kvasir.app;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Who may use the management port, and how it is spoken to.
 *
 * @param authenticate whether {@code /metrics} and {@code /api} demand a token that the cluster knows
 * @param certDirectory directory of {@code tls.crt} and {@code tls.key}; null for plaintext
 * @param clientAuthorities PEM file of the authorities whose client certificates are demanded; null to demand none
 */
record ManagementSettings(
        boolean authenticate,
        @Nullable Path certDirectory,
        @Nullable Path clientAuthorities) {

    static ManagementSettings of(FlagValues values) {
        var certDirectory = values.path(Flag.METRICS_CERT_DIR);
        var clientAuthorities = values.path(Flag.METRICS_CLIENT_CA_FILE);
        if (clientAuthorities != null && certDirectory == null) {
            throw new ConfigurationException("metrics-client-ca-file: " + clientAuthorities
                    + " without TLS; allowed with --metrics-cert-dir only");
        }
        warnOfWhatIsNotThere(values);
        return new ManagementSettings(
                values.given(Flag.METRICS_ENDPOINT_AUTH) ? values.on(Flag.METRICS_ENDPOINT_AUTH) : values.inCluster(),
                certDirectory,
                clientAuthorities);
    }

    private static void warnOfWhatIsNotThere(FlagValues values) {
        if (values.given(Flag.METRICS_ENDPOINT_AUTH) && values.on(Flag.METRICS_ENDPOINT_AUTH)) {
            values.warn("--metrics-endpoint-auth has no effect yet: the management port asks for no token");
        }
        if (values.given(Flag.METRICS_CERT_DIR)) {
            values.warn("--metrics-cert-dir has no effect yet: the management port speaks plaintext");
        }
        if (values.on(Flag.HA_ENABLE_LEADER_ELECTION)) {
            values.warn("--ha-enable-leader-election has no effect yet: every replica is ready");
        }
    }
}
