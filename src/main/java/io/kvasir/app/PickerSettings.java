package io.kvasir.app;

import io.kvasir.extproc.ExtProcSettings;
import io.kvasir.extproc.tls.TlsSettings;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The ext-proc door.
 *
 * @param port the picker's; 0 for any free one
 * @param healthPort of gRPC health checks; 0 for any free one
 * @param secure whether the picker's port speaks TLS
 * @param certPath directory of certificate and key; null for a self-signed one
 * @param certReload whether changes of these files are followed
 */
record PickerSettings(
        int port, int healthPort, boolean secure, @Nullable Path certPath, boolean certReload) {
    private static final Duration CERT_LOOK = Duration.ofSeconds(10);

    static PickerSettings of(FlagValues values) {
        return new PickerSettings(
                values.port(Flag.GRPC_PORT),
                values.port(Flag.GRPC_HEALTH_PORT),
                values.on(Flag.SECURE_SERVING),
                values.path(Flag.CERT_PATH),
                values.on(Flag.ENABLE_CERT_RELOAD));
    }

    /** What the door itself is told; it listens on that address. */
    ExtProcSettings extProc(String host) {
        return ExtProcSettings.DEFAULT
                .withHost(host)
                .withPorts(port, healthPort)
                .withTls(secure ? new TlsSettings(certPath, certReload ? CERT_LOOK : null, null) : null);
    }
}
