package io.kvasir.check;

import static io.kvasir.check.Severity.OK;
import static io.kvasir.check.Severity.PROBLEM;
import static io.kvasir.check.Severity.WARNING;

import io.kvasir.failure.FailureText;
import java.io.IOException;
import java.time.Instant;

/** Looks at the port of a running endpoint picker: whether it speaks what its gateway is told to expect. */
final class PickerCheck {
    private static final String PICKER = "picker";

    private final PortProbe port;
    private final Findings findings;

    PickerCheck(PortProbe port, Findings findings) {
        this.port = port;
        this.findings = findings;
    }

    /**
     * Looks.
     *
     * @param secure whether the gateway is told to use TLS
     */
    void check(String host, int number, boolean secure, Instant now) {
        String where = host + ":" + number;
        try {
            findings.add(OK, PICKER, "reachable", where + " in " + port.connect(host, number) + " ms");
        } catch (IOException e) {
            findings.add(PROBLEM, PICKER, "reachable", where + " cannot be connected to: " + FailureText.of(e));
            return;
        }
        try {
            tls(port.tls(host, number), secure, now);
        } catch (IOException noTls) {
            plain(host, number, secure, noTls);
        }
    }

    private void tls(PortProbe.Tls tls, boolean secure, Instant now) {
        if (!secure) {
            findings.add(
                    PROBLEM,
                    PICKER,
                    "tls",
                    "the port speaks " + tls.protocol() + ", but plaintext is expected (--secure-serving=false)");
            return;
        }
        var certificate = tls.certificate();
        String subject = certificate.getSubjectX500Principal() + (tls.selfSigned() ? ", self-signed" : "")
                + ", good until " + certificate.getNotAfter().toInstant();
        boolean good = now.isBefore(certificate.getNotAfter().toInstant())
                && !now.isBefore(certificate.getNotBefore().toInstant());
        findings.add(good ? OK : PROBLEM, PICKER, "tls", tls.protocol() + ", certificate " + subject);
        if (!tls.alpn().equals("h2")) {
            findings.add(WARNING, PICKER, "tls", "the port does not offer HTTP/2 by ALPN");
        }
    }

    private void plain(String host, int number, boolean secure, IOException noTls) {
        boolean http2;
        try {
            http2 = port.plainHttp2(host, number);
        } catch (IOException e) {
            http2 = false;
        }
        if (!http2) {
            findings.add(
                    PROBLEM,
                    PICKER,
                    "tls",
                    "the port speaks neither TLS nor HTTP/2 in plaintext: " + FailureText.of(noTls));
        } else if (secure) {
            findings.add(PROBLEM, PICKER, "tls", "the port speaks plaintext, but TLS is expected");
        } else {
            findings.add(OK, PICKER, "tls", "HTTP/2 in plaintext");
        }
    }
}
