package io.kvasir.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.cost.ModelCatalogue;
import io.kvasir.cost.TimeModel;
import io.kvasir.extproc.ExtProcServer;
import io.kvasir.extproc.ExtProcSettings;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.prefix.ApproximateView;
import io.kvasir.route.BodyBudget;
import io.kvasir.route.Router;
import io.kvasir.route.RouterSettings;
import io.kvasir.schedule.Policy;
import io.kvasir.testing.Loops;
import io.kvasir.testing.ReservedPorts;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Against real pickers, with TLS and without. */
class PickerCheckTest {
    private final Findings findings = new Findings(InstantSource.system());
    private final PickerCheck check = new PickerCheck(new PortProbe(Duration.ofMinutes(1)), findings);

    private List<String> found() {
        return findings.all().stream()
                .map(finding -> finding.severity().code() + " " + finding.topic() + " " + finding.text())
                .toList();
    }

    private void look(ExtProcSettings settings, boolean secure, Instant now) throws Exception {
        var pool = new Pool(HardwareCatalogue.load());
        var time = new TimeModel(ModelCatalogue.load());
        var router = new Router(
                pool,
                new ApproximateView(ApproximateView.Settings.DEFAULT, System::nanoTime, 1),
                time,
                Policy.TIME.profile(time),
                RouterSettings.DEFAULT,
                System::nanoTime,
                () -> new SplittableRandom(1));
        var loops = Loops.of(1);
        var picker = new ExtProcServer(settings, router, loops, BodyBudget.ofHeap(), () -> true);
        picker.start();
        try {
            check.check("127.0.0.1", picker.port(), secure, now);
        } finally {
            picker.stop(Duration.ZERO);
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
        }
    }

    private static ExtProcSettings secure() {
        return ExtProcSettings.builder().ports(0, 0).build();
    }

    private static ExtProcSettings plain() {
        return secure().toBuilder().tls(null).build();
    }

    @Test
    void aPickerWithTlsShowsItsCertificate() throws Exception {
        look(secure(), true, Instant.now());
        assertThat(found()).hasSize(2);
        assertThat(found().get(1)).startsWith("ok tls TLSv1.").contains("self-signed, good until ");
    }

    @Test
    void aCertificateThatIsOverIsAProblem() throws Exception {
        look(secure(), true, Instant.now().plus(Duration.ofDays(20_000)));
        assertThat(found().get(1)).startsWith("problem tls TLSv1.");
    }

    @Test
    void aPickerWithoutTlsIsHttp2() throws Exception {
        look(plain(), false, Instant.now());
        assertThat(found().get(1)).isEqualTo("ok tls HTTP/2 in plaintext");
    }

    @Test
    void tlsThatIsNotExpectedIsAProblem() throws Exception {
        look(secure(), false, Instant.now());
        assertThat(found().get(1)).startsWith("problem tls the port speaks TLSv1.");
    }

    @Test
    void plaintextThatIsNotExpectedIsAProblem() throws Exception {
        look(plain(), true, Instant.now());
        assertThat(found().get(1)).isEqualTo("problem tls the port speaks plaintext, but TLS is expected");
    }

    @Test
    void aPortThatIsNoPickersIsAProblem() throws Exception {
        try (var other = new Greeter(new byte[] {'h', 'i'})) {
            check.check("127.0.0.1", other.port(), true, Instant.now());
        }
        assertThat(found().get(1)).startsWith("problem tls the port speaks neither TLS nor HTTP/2");
    }

    @Test
    void aPickerThatIsNotThereIsAProblem() throws Exception {
        int port = ReservedPorts.next();
        check.check("127.0.0.1", port, true, Instant.now());
        assertThat(found()).hasSize(1);
        assertThat(found().getFirst()).startsWith("problem reachable 127.0.0.1:" + port);
    }
}
