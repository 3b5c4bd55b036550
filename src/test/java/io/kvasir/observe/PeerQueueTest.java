package io.kvasir.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.admission.flow.FlowControl;
import io.kvasir.admission.flow.FlowSettings;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.request.Dialect;
import io.kvasir.request.RequestHeaders;
import io.kvasir.route.RouterFixture;
import io.kvasir.route.Routing;
import io.kvasir.route.RoutingHints;
import io.kvasir.route.Waiter;
import io.kvasir.route.Waiting;
import io.kvasir.traffic.ModelRewrite;
import io.kvasir.traffic.ModelRewrites;
import io.prometheus.client.Collector.MetricFamilySamples.Sample;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What waits, under the names of another picker. */
class PeerQueueTest {
    private static final String FAMILIES = "llm_d_epp_flow_control_";
    private static final long BUSY_NANOS = 5_000_000_000L;

    private final RouterFixture fixture = new RouterFixture();
    private final FlowControl flow = fixture.queue(FlowSettings.DEFAULT);
    private final PeerQueue queue = new PeerQueue(flow, "the-pool");

    private static final Waiter WAITER = new Waiter() {
        @Override
        public void execute(Runnable task) {
            task.run();
        }

        @Override
        public void decided(Routing.Decided routing) {
            // what becomes of it is no matter here
        }
    };

    private Routing ask(String tenant) {
        var headers = tenant.isEmpty() ? RequestHeaders.NONE : RequestHeaders.NONE.withFairnessId(tenant);
        return fixture.ask(headers, WAITER);
    }

    private double value(String name, String... labels) {
        var families = new Families(new Families.Overflow());
        queue.describe(families);
        List<Sample> samples = families.all().stream()
                .flatMap(family -> family.samples.stream())
                .toList();
        return samples.stream()
                .filter(sample ->
                        sample.name.equals(FAMILIES + name) && sample.labelValues.containsAll(List.of(labels)))
                .mapToDouble(sample -> sample.value)
                .sum();
    }

    @Test
    void whatWaitsAndWhatBecameOfItIsCounted() {
        fixture.pool.apply(List.of(EndpointSpec.of("a", "10.0.0.1", 80)));
        assertThat(ask("t")).isInstanceOf(Routing.Booked.class);
        fixture.pool.snapshot().at(0).load().placePrefill(BUSY_NANOS, fixture.clock.get());
        assertThat(ask("t")).isInstanceOf(Waiting.class);
        var leaves = (Waiting) ask("");

        assertThat(value("queue_size", "t", "0", "the-pool")).isEqualTo(1);
        assertThat(value("queue_size", "default-flow", "0", "the-pool")).isEqualTo(1);
        assertThat(value("queue_bytes", "0", "the-pool")).isPositive();
        assertThat(value("capacity_utilization_requests", "0")).isEqualTo(2 / 5_000.0);
        assertThat(value("requests_total", "Dispatched", "0")).isEqualTo(1);
        // without a bound there is no share of it
        assertThat(value("global_capacity_utilization_requests")).isZero();

        leaves.cancel();
        fixture.pool.snapshot().at(0).load().releasePrefill(BUSY_NANOS, fixture.clock.get());
        fixture.clock.addAndGet(1_000_000_000L);
        flow.tick();
        assertThat(value("queue_size")).isZero();
        assertThat(value("queue_bytes")).isZero();
        assertThat(value("requests_total", "Dispatched")).isEqualTo(2);
        assertThat(value("requests_total", "EvictedContextCancelled")).isEqualTo(1);
        assertThat(value("request_queue_duration_seconds_count", "Dispatched")).isEqualTo(1);
    }

    @Test
    void whoNamesTheFlowOfThoseWhoNameNoneIsOneSeriesWithThem() {
        fixture.pool.apply(List.of(EndpointSpec.of("a", "10.0.0.1", 80)));
        fixture.pool.snapshot().at(0).load().placePrefill(BUSY_NANOS, fixture.clock.get());
        assertThat(ask("")).isInstanceOf(Waiting.class);
        assertThat(ask("default-flow")).isInstanceOf(Waiting.class);

        var families = new Families(new Families.Overflow());
        queue.describe(families);

        assertThat(families.all().stream()
                        .flatMap(family -> family.samples.stream())
                        .filter(sample -> sample.name.equals(FAMILIES + "queue_size")))
                .singleElement()
                .satisfies(sample -> assertThat(sample.value).isEqualTo(2));
    }

    private List<String> sizes() {
        var families = new Families(new Families.Overflow());
        queue.describe(families);
        return families.all().stream()
                .flatMap(family -> family.samples.stream())
                .filter(sample -> sample.name.equals(FAMILIES + "queue_size"))
                .map(sample -> String.join(" ", sample.labelValues) + ": " + (int) sample.value)
                .toList();
    }

    /** An autoscaler asks for {@code queue_size{model_name="m"}}: of a pool of nobody, too, which it is to begin. */
    @Test
    void whatWaitsIsToldByTheModelThatWasAskedForAndThatOneIsRoutedTo() {
        assertThat(sizes()).containsExactly("default-flow 0 the-pool  : 0");

        var waits = (Waiting) ask("");
        assertThat(sizes()).containsExactly("default-flow 0 the-pool m m: 1");

        fixture.router
                .traffic()
                .replace(ModelRewrites.of(List.of(new ModelRewrite(
                        "canary",
                        Instant.EPOCH,
                        List.of(new ModelRewrite.Rule(List.of("m"), List.of(new ModelRewrite.Target("m-v2", 0))))))));
        assertThat(ask("t")).isInstanceOf(Waiting.class);
        assertThat(sizes()).containsExactly("default-flow 0 the-pool m m: 1", "t 0 the-pool m m-v2: 1");
        assertThat(value("queue_bytes", "m-v2")).isPositive();

        waits.cancel();
        // a series that was there stays
        assertThat(sizes()).containsExactly("default-flow 0 the-pool m m: 0", "t 0 the-pool m m-v2: 1");
    }

    @Test
    void modelsThatClientsMakeUpAreBounded() {
        for (int i = 0; i < 1100; i++) {
            byte[] body = RouterFixture.chat("m-" + i, "hi");
            var reading = fixture.router.read(Dialect.CHAT_COMPLETIONS);
            reading.feed(body, 0, body.length);
            assertThat(fixture.router.route(reading, reading.finish(), RoutingHints.NONE, WAITER))
                    .isInstanceOf(Waiting.class);
        }

        assertThat(sizes()).hasSize(1001).last().isEqualTo("other 0 the-pool other other: 100");
        assertThat(value("queue_size")).isEqualTo(1100);
    }
}
