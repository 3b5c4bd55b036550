package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class StopDeadlineTest {
    /** A program whose stop never ends. */
    static final class Stuck {
        private Stuck() {}

        public static void main(String... args) throws InterruptedException {
            StopDeadline.watch(Duration.ofMillis(Long.parseLong(args[0])));
            Runtime.getRuntime().addShutdownHook(new Thread(Stuck::waitForEver));
            System.exit(0);
        }

        private static void waitForEver() {
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Test
    void aStopThatNeverEndsIsEnded() throws IOException, InterruptedException {
        var process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Stuck.class.getName(),
                        "100")
                .start();
        try {
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isEqualTo(1);
            assertThat(process.errorReader().readLine()).startsWith("kvasir: stopping took longer than");
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void bothDoorsHaveTheirTime() {
        assertThat(StopDeadline.after(Duration.ofSeconds(30))).isEqualTo(Duration.ofSeconds(80));
    }
}
