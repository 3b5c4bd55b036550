package io.kvasir.app;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Who may use the management port, and how it is spoken to.
 *
 * @param authenticate whether {@code /metrics} and {@code /api} demand a token that the cluster knows
 * @param certDirectory directory of {@code tls.crt} and {@code tls.key}; null for plaintext
 * @param peerNames whether metrics are there under other pickers' names too
 * @param clientAuthorities PEM file of the authorities whose client certificates are demanded; null to demand none
 */
record ManagementSettings(
        boolean authenticate,
        boolean peerNames,
        @Nullable Path certDirectory,
        @Nullable Path clientAuthorities) {

    static ManagementSettings of(FlagValues values, PoolSource source) {
        boolean authenticate =
                values.given(Flag.METRICS_ENDPOINT_AUTH) ? values.on(Flag.METRICS_ENDPOINT_AUTH) : values.inCluster();
        var certDirectory = values.path(Flag.METRICS_CERT_DIR);
        var clientAuthorities = values.path(Flag.METRICS_CLIENT_CA_FILE);
        if (clientAuthorities != null && certDirectory == null) {
            throw new ConfigurationException("metrics-client-ca-file: " + clientAuthorities
                    + " without TLS; allowed with --metrics-cert-dir only");
        }
        if (certDirectory != null && clientAuthorities == null && !authenticate) {
            throw new ConfigurationException("metrics-cert-dir: " + certDirectory
                    + " with nobody asked who they are; allowed with --metrics-client-ca-file,"
                    + " --metrics-endpoint-auth or both");
        }
        boolean peerNames = values.given(Flag.PEER_METRICS)
                ? values.on(Flag.PEER_METRICS)
                : source instanceof PoolSource.Named || source instanceof PoolSource.Selected;
        return new ManagementSettings(authenticate, peerNames, certDirectory, clientAuthorities);
    }
}
