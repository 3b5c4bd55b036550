package io.kvasir.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.KvEventReport;
import io.kvasir.request.Dialect;
import io.kvasir.request.RequestHeaders;
import io.kvasir.route.Outcome;
import io.kvasir.route.Routing;
import io.kvasir.route.RoutingHints;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** What {@code /api/endpoints} says of an endpoint. */
class EndpointViewTest {
    private final ObservedPool shown = new ObservedPool(
            EndpointSpec.builder("e", "127.0.0.1", 1).model("m").build());

    private EndpointView view() {
        return EndpointView.of(shown.router, shown.pool.snapshot().at(0), shown.clock.get());
    }

    @Test
    void bytesPerTokenAreThoseThatTheModelWasSeenToHave() {
        assertThat(view().bytesPerToken()).isEqualTo(4);
        for (int i = 0; i < 40; i++) {
            byte[] body = ("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"" + "x".repeat(10_000) + i
                            + "\"}]}")
                    .getBytes(StandardCharsets.UTF_8);
            var reading = shown.router.read(Dialect.CHAT_COMPLETIONS);
            reading.feed(body, 0, body.length);
            var routing =
                    shown.router.route(reading, reading.finish().withHeaders(RequestHeaders.NONE), RoutingHints.NONE);
            var booking = ((Routing.Booked) routing).booking();
            booking.firstToken();
            // ten bytes a token
            booking.usage((int) (booking.request().prompt().bytes() / 10), -1, 1);
            booking.finish(Outcome.COMPLETED);
        }
        assertThat(view().bytesPerToken()).isBetween(9.0, 11.0);
    }

    @Test
    void theWayOfItsEventsAndWhatTheyAreWorthAreSaid() {
        assertThat(view().kvEvents()).isEqualTo(new EndpointView.KvEvents("none", "not-configured", 0));
        shown.pool.snapshot().at(0).replica().kvEvents(new KvEventReport("bound", "unconfirmed", 0.25f));
        assertThat(view().kvEvents()).isEqualTo(new EndpointView.KvEvents("bound", "unconfirmed", 0.25));
    }
}
