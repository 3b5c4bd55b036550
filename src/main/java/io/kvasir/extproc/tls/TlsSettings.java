package io.kvasir.extproc.tls;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which certificates the port uses.
 *
 * @param directory holds {@code tls.crt} and {@code tls.key} in PEM; null for a certificate signed by itself
 * @param reloadEvery how often the files are looked at and read again where they changed; null for never
 * @param clientAuthorities PEM file of the authorities whose client certificates are demanded; null to demand none
 * @param newestOnly whether TLS 1.3 is the least version; else TLS 1.2
 * @param cipherSuites suites of TLS 1.2 out of {@link CipherSuites#usable}; empty for all
 */
public record TlsSettings(
        @Nullable Path directory,
        @Nullable Duration reloadEvery,
        @Nullable Path clientAuthorities,
        boolean newestOnly,
        List<String> cipherSuites) {
    /** A certificate signed by itself, any client. */
    public static final TlsSettings SELF_SIGNED = new TlsSettings(null, null, null);

    public TlsSettings {
        cipherSuites = List.copyOf(cipherSuites);
    }

    /** From TLS 1.2 on, with all suites. */
    public TlsSettings(@Nullable Path directory, @Nullable Duration reloadEvery, @Nullable Path clientAuthorities) {
        this(directory, reloadEvery, clientAuthorities, false, List.of());
    }
}
