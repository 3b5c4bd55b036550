package io.kvasir.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.kvasir.admission.flow.FlowControl;
import io.kvasir.admission.flow.FlowSettings;
import io.kvasir.admission.flow.QueueSnapshot;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.request.RequestHeaders;
import io.kvasir.route.RouterFixture;
import io.kvasir.route.Routing;
import io.kvasir.route.Waiter;
import io.kvasir.route.Waiting;
import io.kvasir.testing.CollectedMetrics;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What pages say of those who wait. */
class QueueMetricsTest {
    static final Waiter WAITER = new Waiter() {
        @Override
        public void execute(Runnable task) {
            task.run();
        }

        @Override
        public void decided(Routing.Decided routing) {
            throw new AssertionError("nobody has room");
        }
    };

    private static QueueSnapshot of(int tenants) {
        var all = IntStream.range(0, tenants)
                .mapToObj(i -> new QueueSnapshot.Tenant(i % 2, "t" + i, 1, 2, i, 10, 5, 0.001, 0.002))
                .toList();
        return new QueueSnapshot(List.of(), List.of(), all, List.of(), 1, false, tenants, 0, 0);
    }

    @Test
    void tenantsBeyondTheBoundAreOneInEachBandAndNothingOfThemIsLost() {
        var shown = QueueMetrics.tenants(of(1_000));

        assertThat(shown).hasSize(QueueMetrics.MOST_TENANTS + 2);
        assertThat(shown.subList(QueueMetrics.MOST_TENANTS, shown.size()))
                .extracting(QueueSnapshot.Tenant::tenant)
                .containsOnly("(others)");
        assertThat(shown.stream().mapToLong(QueueSnapshot.Tenant::waiting).sum())
                .isEqualTo(1_000);
        assertThat(shown.stream()
                        .mapToDouble(QueueSnapshot.Tenant::servedTokens)
                        .sum())
                .isEqualTo(10_000);
        assertThat(shown.getLast().oldestWaitSeconds()).isEqualTo(999);
    }

    @Test
    void fewerAreShownAsTheyAre() {
        assertThat(QueueMetrics.tenants(of(QueueMetrics.MOST_TENANTS)))
                .isEqualTo(of(QueueMetrics.MOST_TENANTS).tenants());
    }

    private static EndpointSpec h200(String name, int last) {
        return EndpointSpec.builder(name, "10.0.0." + last, 80)
                .product("NVIDIA-H200")
                .build();
    }

    private static double value(FlowControl queue, String name) {
        return CollectedMetrics.of(new QueueMetrics(queue)::describe).value(name + "{hardware=h200}");
    }

    @Test
    void thePredictedStartIsThatOfTheLeastBusyOfAClass() {
        var fixture = new RouterFixture(h200("a", 1), h200("b", 2));
        var queue = fixture.queue(FlowSettings.DEFAULT);
        assertThat(value(queue, "kvasir_predicted_start_seconds")).isZero();

        fixture.pool.snapshot().at(0).load().placePrefill(5_000_000_000L, fixture.clock.get());
        assertThat(value(queue, "kvasir_predicted_start_seconds")).isZero();
        fixture.pool.snapshot().at(1).load().placePrefill(2_000_000_000L, fixture.clock.get());
        assertThat(value(queue, "kvasir_predicted_start_seconds")).isCloseTo(2, within(1e-6));

        fixture.clock.addAndGet(1_500_000_000L);
        assertThat(value(queue, "kvasir_predicted_start_seconds")).isCloseTo(0.5, within(1e-6));
    }

    @Test
    void replicasAreShortByWhatWaitsBeyondTheBoundAndToSpareWhereTheyAreIdle() {
        var fixture = new RouterFixture(h200("a", 1), h200("b", 2));
        // with what waits there, a replica is to begin within half a second
        var queue = fixture.queue(FlowSettings.DEFAULT);
        assertThat(value(queue, "kvasir_replicas_short")).isEqualTo(-2);

        var a = fixture.pool.snapshot().at(0).load();
        a.place(100, 10);
        a.placePrefill(5_000_000_000L, fixture.clock.get());
        assertThat(value(queue, "kvasir_replicas_short")).isEqualTo(-1);

        var b = fixture.pool.snapshot().at(1).load();
        b.place(100, 10);
        b.placePrefill(2_000_000_000L, fixture.clock.get());
        // seven seconds of work in halves of a second are 14 replicas' worth
        assertThat(value(queue, "kvasir_replicas_short")).isCloseTo(12, within(1e-6));

        assertThat(fixture.ask(RequestHeaders.NONE, WAITER)).isInstanceOf(Waiting.class);
        assertThat(value(queue, "kvasir_replicas_short")).isGreaterThan(12).isLessThan(13);
    }
}
