package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.admission.flow.FlowControl;
import io.kvasir.config.PickerConfig;
import io.kvasir.cost.ModelCatalogue;
import io.kvasir.cost.TimeModel;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.prefix.ApproximateView;
import io.kvasir.request.Dialect;
import io.kvasir.request.RefusalReason;
import io.kvasir.request.RequestHeaders;
import io.kvasir.route.Router;
import io.kvasir.route.RouterSettings;
import io.kvasir.route.Routing;
import io.kvasir.route.RoutingHints;
import io.kvasir.route.Waiter;
import io.kvasir.route.Waiting;
import io.kvasir.schedule.Policy;
import io.kvasir.testing.Await;
import io.kvasir.testing.CollectedMetrics;
import io.kvasir.traffic.Objectives;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file of flow control, followed while requests wait. */
class FlowControlInForceTest {
    private final AtomicLong now = new AtomicLong(1);
    private final Pool pool = new Pool(HardwareCatalogue.load());
    private final TimeModel time = new TimeModel(ModelCatalogue.load());
    private final Router router = new Router(
            pool,
            new ApproximateView(ApproximateView.Settings.DEFAULT, now::get, 7),
            time,
            Policy.TIME.profile(time),
            RouterSettings.DEFAULT,
            now::get,
            new SplittableRandom(3)::split);
    private final BlockingQueue<Routing.Decided> decided = new LinkedBlockingQueue<>();

    @TempDir
    Path folder;

    private Routing ask() {
        byte[] body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
                .getBytes(StandardCharsets.UTF_8);
        var reading = router.read(Dialect.CHAT_COMPLETIONS);
        reading.feed(body, 0, body.length);
        return router.route(
                reading, reading.finish().withHeaders(RequestHeaders.NONE), RoutingHints.NONE, new Waiter() {
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
            var flow = new FlowControl(
                    inForce.settings(), pool, time, 2_000_000_000L, now::get, () -> new SplittableRandom(1));
            router.admission(flow);
            inForce.follow(flow);
            pool.apply(List.of(EndpointSpec.of("a", "10.0.0.1", 80)));
            pool.snapshot().at(0).load().placePrefill(3_600_000_000_000L, now.get());
            assertThat(ask()).isInstanceOf(Waiting.class);

            Files.writeString(file, "otherBands: {longestWait: soon}\n");
            Await.until(
                    "the bad file is refused",
                    () -> CollectedMetrics.of(inForce::describe).value("kvasir_flow_control_failed_reloads_total") > 0);
            now.addAndGet(2_000_000_000L);
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
