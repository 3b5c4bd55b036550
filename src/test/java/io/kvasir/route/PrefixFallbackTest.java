package io.kvasir.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.KvEventReport;
import io.kvasir.prefix.ApproximateView;
import io.kvasir.prefix.PrefixSource;
import io.kvasir.prefix.StackedViews;
import io.kvasir.prefix.ToldView;
import io.kvasir.request.Dialect;
import io.kvasir.testing.CollectedMetrics;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Why an estimate answered for an endpoint whose events are followed, where these are well. */
class PrefixFallbackTest {
    private static final String IDS =
            IntStream.range(1, 101).mapToObj(Integer::toString).collect(Collectors.joining(","));

    private final RouterFixture fixture = new RouterFixture(
            EndpointSpec.builder("a", "10.0.0.1", 8000).model("m").build());
    private final ToldView told = new ToldView();
    private final Router router = fixture.routerOver(new StackedViews(
            List.of(told, new ApproximateView(ApproximateView.Settings.DEFAULT, fixture.clock::get, 1)), 0.5f));

    private void ask(float confidence, boolean disturbed) {
        var endpoint = fixture.endpoint("a");
        told.engine(endpoint.tenancy(), 16, confidence);
        told.disturbed(disturbed);
        endpoint.replica().kvEvents(new KvEventReport("dialled", "complete", 1));
        byte[] body = RouterFixture.body("{\"model\":\"m\",\"prompt\":[" + IDS + "]}");
        var reading = router.read(Dialect.COMPLETIONS);
        reading.feed(body, 0, body.length);
        var routing = router.route(reading, reading.finish(), RoutingHints.NONE);
        ((Routing.Booked) routing).booking().finish(Outcome.COMPLETED);
    }

    @Test
    void aLookupThatMetWritesAllTheWhileIsToldFromOneThatIsNotBelieved() {
        ask(0.1f, false);

        assertThat(router.counts().fallbacks("unsure")).isEqualTo(1);

        ask(1, true);

        assertThat(router.counts().fallbacks("contended")).isEqualTo(1);
        assertThat(router.counts().fallbacks("unsure")).isEqualTo(1);
        assertThat(router.counts().prefixes(PrefixSource.APPROXIMATE)).isEqualTo(2);
        assertThat(CollectedMetrics.of(router::describe).value("kvasir_prefix_fallbacks_total{reason=contended}"))
                .isEqualTo(1);
    }

    @Test
    void whereEventsAnsweredThereIsNone() {
        ask(1, false);

        assertThat(router.counts().prefixes(PrefixSource.PRECISE)).isEqualTo(1);
        assertThat(router.counts().fallbacks("contended")).isZero();
        assertThat(router.counts().fallbacks("unsure")).isZero();
    }
}
