package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.testing.Loops;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@SuppressWarnings("deprecation") // the one public way to Vert.x' loops
class WarmUpTest {
    private final Vertx vertx = Vertx.vertx(Loops.vertx(2));

    @AfterEach
    void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    private static ServeSettings settings(String mode, String tls) {
        return ServeSettings.of(
                List.of(
                        "--mode=" + mode,
                        "--secure-serving=" + tls,
                        "--endpoint-selector=app=vllm",
                        "--endpoint-target-ports=8000"),
                Map.of());
    }

    private WarmUp begin(ServeSettings settings, Duration most) {
        return WarmUp.begin(settings, Catalogues.load(), vertx, vertx.nettyEventLoopGroup(), most);
    }

    @ParameterizedTest
    @CsvSource({"both, true", "ext-proc, true", "ext-proc, false", "proxy, true"})
    void everyDoorThatWillBeOpenAnswersMadeUpRequests(String mode, String tls) {
        var settings = settings(mode, tls);
        int doors = mode.equals("both") ? 2 : 1;
        assertThat(begin(settings, Duration.ofSeconds(60)).await()).isEqualTo(WarmUp.REQUESTS * doors);
    }

    @ParameterizedTest
    @CsvSource({"both, 2", "ext-proc, 1"})
    void aPickerThatWasWarmedBeforeTheFrameworkIsWaitedForAndNotWarmedAgain(String mode, int doors) {
        var settings = settings(mode, "true");
        WarmUp.beginPicker(settings, Catalogues.load(), () -> {}, Duration.ofSeconds(60));

        assertThat(begin(settings, Duration.ofSeconds(60)).await()).isEqualTo(WarmUp.REQUESTS * doors);
    }

    @Test
    void aPickerThatIsWarmedBesideASlowStartHasAsLongAsTheOtherDoors() {
        var settings = settings("ext-proc", "false");
        var started = new CountDownLatch(1);
        WarmUp.beginPicker(settings, Catalogues.load(), () -> uninterrupted(started), Duration.ZERO);
        var warmUp = begin(settings, Duration.ofSeconds(60));
        started.countDown();

        assertThat(warmUp.await()).isEqualTo(WarmUp.REQUESTS);
    }

    @Test
    void readinessDoesNotWaitForAPickerThatIsNeverWarm() {
        var settings = settings("ext-proc", "false");
        var never = new CountDownLatch(1);
        WarmUp.beginPicker(settings, Catalogues.load(), () -> uninterrupted(never), Duration.ofDays(1));

        assertThat(begin(settings, Duration.ZERO).await()).isZero();
        never.countDown();
    }

    private static void uninterrupted(CountDownLatch until) {
        try {
            until.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void readinessDoesNotWaitForAWarmUpThatHasNoTime() {
        assertThat(begin(settings("both", "true"), Duration.ZERO).await()).isZero();
    }
}
