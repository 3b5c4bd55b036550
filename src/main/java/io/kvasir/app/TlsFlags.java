package io.kvasir.app;

import io.kvasir.extproc.tls.CipherSuites;
import io.kvasir.extproc.tls.TlsSettings;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** TLS of the picker's port as flags have it. */
final class TlsFlags {
    private static final Duration CERT_LOOK = Duration.ofSeconds(10);

    private TlsFlags() {}

    /** Null for plaintext. */
    static @Nullable TlsSettings read(FlagValues values) {
        if (!values.on(Flag.SECURE_SERVING)) {
            if (values.given(Flag.CLIENT_CA_FILE)) {
                throw new ConfigurationException("client-ca-file: " + values.text(Flag.CLIENT_CA_FILE)
                        + " without TLS; allowed with --secure-serving=true only");
            }
            return null;
        }
        return new TlsSettings(
                values.path(Flag.CERT_PATH),
                values.on(Flag.ENABLE_CERT_RELOAD) ? CERT_LOOK : null,
                values.path(Flag.CLIENT_CA_FILE),
                newestOnly(values),
                cipherSuites(values));
    }

    private static boolean newestOnly(FlagValues values) {
        String version = values.given(Flag.TLS_MIN_VERSION)
                ? values.text(Flag.TLS_MIN_VERSION)
                : Flag.TLS_MIN_VERSION.standard();
        return switch (version) {
            case "VersionTLS10", "VersionTLS11" -> {
                values.warn("--tls-min-version: " + version + " is broken; TLS 1.2 is the least here");
                yield false;
            }
            case "VersionTLS12" -> false;
            case "VersionTLS13" -> true;
            default ->
                throw ConfigurationException.bad(Flag.TLS_MIN_VERSION.key(), version, Flag.TLS_MIN_VERSION.form());
        };
    }

    /** Lists are written for many programs, so what cannot be used is left out, unless nothing is left. */
    private static List<String> cipherSuites(FlagValues values) {
        if (!values.given(Flag.TLS_CIPHER_SUITES)) {
            return List.of();
        }
        String text = values.text(Flag.TLS_CIPHER_SUITES);
        var named = List.of(text.split("\\s*,\\s*", -1));
        var usable = named.stream()
                .map(CipherSuites::registered)
                .filter(CipherSuites.usable()::contains)
                .distinct()
                .toList();
        if (usable.isEmpty()) {
            throw ConfigurationException.bad(
                    Flag.TLS_CIPHER_SUITES.key(), text, String.join(", ", CipherSuites.usable()));
        }
        var unusable = named.stream()
                .filter(name -> !usable.contains(CipherSuites.registered(name)))
                .toList();
        if (!unusable.isEmpty()) {
            values.warn("--tls-cipher-suites: not allowed with HTTP/2 or not known, and left out: "
                    + String.join(", ", unusable));
        }
        return usable;
    }
}
