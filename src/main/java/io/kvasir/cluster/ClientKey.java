package io.kvasir.cluster;

import io.fabric8.kubernetes.client.Config;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * The algorithm of a kubeconfig's client key, which the client takes for RSA where nobody says otherwise: it then stumbles
 * over elliptic-curve keys, in PKCS#8 (RFC 5958, what OpenSSL writes) as in their own format (RFC 5915).
 */
final class ClientKey {
    private static final String RSA = "RSA";
    private static final String EC = "EC";

    private ClientKey() {}

    /** {@code RSA} or {@code EC}; null where there is no key, or one of which this cannot be told. */
    static @Nullable String algorithm(Config config) {
        String pem = pem(config);
        if (pem == null) {
            return null;
        }
        if (pem.contains("-----BEGIN EC PRIVATE KEY-----")) {
            return EC;
        }
        if (pem.contains("-----BEGIN RSA PRIVATE KEY-----")) {
            return RSA;
        }
        for (String algorithm : new String[] {RSA, EC}) {
            if (reads(algorithm, pem)) {
                return algorithm;
            }
        }
        return null;
    }

    private static @Nullable String pem(Config config) {
        String data = config.getClientKeyData();
        String file = config.getClientKeyFile();
        try {
            if (data != null) {
                return data.startsWith("-----")
                        ? data
                        : new String(Base64.getMimeDecoder().decode(data), StandardCharsets.US_ASCII);
            }
            return file == null ? null : Files.readString(Path.of(file), StandardCharsets.US_ASCII);
        } catch (IOException | IllegalArgumentException _) {
            // the client says so itself
            return null;
        }
    }

    private static boolean reads(String algorithm, String pem) {
        String base64 = pem.lines().filter(line -> !line.startsWith("-----")).reduce("", String::concat);
        try {
            var key = new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(base64));
            return KeyFactory.getInstance(algorithm).generatePrivate(key) != null;
        } catch (GeneralSecurityException | IllegalArgumentException _) {
            return false;
        }
    }
}
