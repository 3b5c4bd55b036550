package io.kvasir.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.pool.EndpointSpec;
import io.kvasir.request.Dialect;
import io.kvasir.request.RequestHeaders;
import io.kvasir.testing.CollectedMetrics;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class UsageTableTest {
    private static final long SECOND = 1_000_000_000L;

    private final RouterFixture fixture = new RouterFixture(EndpointSpec.builder("one", "10.0.0.1", 80)
            .product("NVIDIA-H200")
            .model("m")
            .build());

    private Booking booked(String tenant, String model) {
        var headers = RequestHeaders.NONE.withFairnessId(tenant);
        var routing =
                fixture.route(Dialect.CHAT_COMPLETIONS, RouterFixture.chat(model, "hello"), headers, RoutingHints.NONE);
        return ((Routing.Booked) routing).booking();
    }

    private Map<UsageTable.Key, UsageTable.Taken> usage() {
        var all = new HashMap<UsageTable.Key, UsageTable.Taken>();
        fixture.router.counts().usage().forEach(all::put);
        return all;
    }

    private UsageTable.Taken of(String tenant, String model) {
        return Objects.requireNonNull(usage().get(new UsageTable.Key(tenant, model)));
    }

    @Test
    void tokensAndSecondsAreTheTenantsOfTheModel() {
        for (String tenant : new String[] {"a", "a", "b"}) {
            var booking = booked(tenant, "m");
            fixture.clock.addAndGet(2 * SECOND);
            booking.responseStarted(200);
            booking.firstToken();
            booking.usage(100, 60, 7);
            booking.finish(Outcome.COMPLETED);
        }

        var a = of("a", "m");
        assertThat(a.requests()).isEqualTo(2);
        assertThat(a.promptTokens()).isEqualTo(200);
        assertThat(a.cachedTokens()).isEqualTo(120);
        assertThat(a.outputTokens()).isEqualTo(14);
        String hardware = fixture.endpoint("one").hardware().name();
        assertThat(a.seconds()).containsOnlyKeys(hardware).containsValue(4.0);
        var metrics = CollectedMetrics.of(fixture.router.counts().usage()::describe);
        assertThat(metrics.value("kvasir_usage_output_tokens_total{tenant=b,model=m}"))
                .isEqualTo(7);
        assertThat(metrics.value("kvasir_usage_seconds_total{tenant=b,model=m,hardware=" + hardware + "}"))
                .isEqualTo(2);
    }

    @Test
    void whatNobodyReportedIsEstimatedAndWhatNeverRanIsNotCounted() {
        booked("a", "m").finish(Outcome.COMPLETED);
        booked("a", "m").finish(Outcome.CONNECT_FAILED);

        var a = of("a", "m");
        assertThat(a.requests()).isEqualTo(1);
        assertThat(a.promptTokens()).isPositive();
        assertThat(a.cachedTokens()).isZero();
    }

    @Test
    void whoIsNotNamedIsTheDefaultTenant() {
        fixture.booked(RouterFixture.chat("m", "hi"), RoutingHints.NONE).finish(Outcome.COMPLETED);

        assertThat(usage()).containsOnlyKeys(new UsageTable.Key("default", "m"));
    }

    @Test
    void tenantsBeyondTheTableShareARow() {
        for (int i = 0; i < UsageTable.MOST + 50; i++) {
            booked("t" + i, "m").finish(Outcome.COMPLETED);
        }

        assertThat(usage()).hasSize(UsageTable.MOST + 1);
        assertThat(of("other", "other").requests()).isEqualTo(50);
    }
}
