package io.kvasir.extproc.tls;

import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;

/**
 * A key and a certificate signed by itself. P-256, because some data planes make a connection per request and a handshake
 * with a large RSA key costs milliseconds. Data planes do not verify it; it buys encryption, not identity.
 *
 * @param key the private key
 * @param certificate X.509 v3, valid for ten years, for {@code localhost}
 */
public record SelfSigned(PrivateKey key, X509Certificate certificate) {
    private static final Duration VALID = Duration.ofDays(3650);
    private static final Duration CLOCK_SKEW = Duration.ofDays(1);
    private static final String ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";
    private static final String COMMON_NAME = "2.5.4.3";
    private static final String SUBJECT_ALTERNATIVE_NAME = "2.5.29.17";
    private static final int SERIAL_BITS = 127;
    /** The host "localhost" as dNSName, context tag 2 of GeneralNames. */
    private static final byte[] LOCALHOST = {(byte) 0x82, 9, 'l', 'o', 'c', 'a', 'l', 'h', 'o', 's', 't'};

    /** Has the curve's tables made beside what the caller does: who needs them first waits as long as for a hundred requests. */
    public static void prepare() {
        Thread.ofPlatform().daemon().name("elliptic curve").start(() -> {
            try {
                var _ = pair(new SecureRandom());
            } catch (GeneralSecurityException e) {
                // told by whoever needs them
            }
        });
    }

    private static KeyPair pair(SecureRandom random) throws GeneralSecurityException {
        var generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"), random);
        return generator.generateKeyPair();
    }

    /**
     * A new pair.
     *
     * @param now start of validity, a day earlier for clocks that lag
     * @throws GeneralSecurityException if this Java has no elliptic curves
     */
    public static SelfSigned generate(Instant now) throws GeneralSecurityException {
        var random = new SecureRandom();
        var pair = pair(random);
        var algorithm = Der.sequence(Der.oid(ECDSA_WITH_SHA256));
        var name = Der.sequence(Der.set(Der.sequence(Der.oid(COMMON_NAME), Der.text("kvasir"))));
        var alternatives = Der.sequence(Der.oid(SUBJECT_ALTERNATIVE_NAME), Der.octets(Der.sequence(LOCALHOST)));
        var body = Der.sequence(
                Der.tagged(0, Der.integer(BigInteger.TWO)),
                Der.integer(new BigInteger(SERIAL_BITS, random).add(BigInteger.ONE)),
                algorithm,
                name,
                Der.sequence(Der.time(now.minus(CLOCK_SKEW)), Der.time(now.plus(VALID))),
                name,
                pair.getPublic().getEncoded(),
                Der.tagged(3, Der.sequence(alternatives)));
        var signer = Signature.getInstance("SHA256withECDSA");
        signer.initSign(pair.getPrivate(), random);
        signer.update(body);
        var certificate = Der.sequence(body, algorithm, Der.bits(signer.sign()));
        return new SelfSigned(pair.getPrivate(), (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(certificate)));
    }
}
