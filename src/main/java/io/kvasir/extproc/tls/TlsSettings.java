package io.kvasir.extproc.tls;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Which certificates the port uses.
 *
 * @param directory holds {@code tls.crt} and {@code tls.key} in PEM; null for a certificate signed by itself
 * @param reloadEvery how often the files are looked at and read again where they changed; null for never
 * @param clientAuthorities PEM file of the authorities whose client certificates are demanded; null to demand none
 */
public record TlsSettings(
        @Nullable Path directory,
        @Nullable Duration reloadEvery,
        @Nullable Path clientAuthorities) {
    /** A certificate signed by itself, any client. */
    public static final TlsSettings SELF_SIGNED = new TlsSettings(null, null, null);
}
