package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.config.PickerConfig;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.request.RefusalReason;
import io.kvasir.request.RequestHeaders;
import io.kvasir.route.RouterFixture;
import io.kvasir.route.Routing;
import io.kvasir.route.Waiter;
import io.kvasir.route.Waiting;
import io.kvasir.testing.Await;
import io.kvasir.testing.CollectedMetrics;
import io.kvasir.traffic.Objectives;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file of flow control, followed while requests wait. */
class FlowControlInForceTest {
    private final RouterFixture fixture = new RouterFixture();
    private final BlockingQueue<Routing.Decided> decided = new LinkedBlockingQueue<>();

    @TempDir
    Path folder;

    private Routing ask() {
        return fixture.ask(RequestHeaders.NONE, new Waiter() {
            @Override
            public void execute(Runnable task) {
                task.run();
            }

            @Override
            public void decided(Routing.Decided routing) {
                decided.add(routing);
            }
        });
    }

    @Test
    void aChangeOfTheFileCountsForWhatWaitsAndABadOneChangesNothing() throws Exception {
        var file = folder.resolve("flow.yaml");
        Files.writeString(file, "otherBands: {longestWait: 60s}\n");
        try (var inForce = new FlowControlInForce(
                new TrafficSettings(true, file, Objectives.NONE, List.of()), PickerConfig.Flow.NONE)) {
            var flow = fixture.queue(inForce.settings());
            inForce.follow(flow);
            fixture.pool.apply(List.of(EndpointSpec.of("a", "10.0.0.1", 80)));
            fixture.pool.snapshot().at(0).load().placePrefill(3_600_000_000_000L, fixture.clock.get());
            assertThat(ask()).isInstanceOf(Waiting.class);

            Files.writeString(file, "otherBands: {longestWait: soon}\n");
            Await.until(
                    "the bad file is refused",
                    () -> CollectedMetrics.of(inForce::describe).value("kvasir_flow_control_failed_reloads_total") > 0);
            fixture.clock.addAndGet(2_000_000_000L);
            flow.tick();
            assertThat(decided).isEmpty();

            Files.writeString(file, "otherBands: {longestWait: 1s}\n");
            Await.until("the good one counts", () -> flow.settings().unlisted().longestWaitSeconds() == 1);
            flow.tick();

            assertThat(decided.take())
                    .isInstanceOfSatisfying(
                            Routing.Refused.class,
                            refused -> assertThat(refused.refusal().reason()).isEqualTo(RefusalReason.WAIT_EXPIRED));
            assertThat(flow.snapshot().waiting()).isZero();
        }
    }
}
