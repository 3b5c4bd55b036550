package io.kvasir.discovery.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.cost.ModelCatalogue;
import io.kvasir.cost.TimeModel;
import io.kvasir.pool.Pool;
import io.kvasir.prefix.ApproximateView;
import io.kvasir.request.Dialect;
import io.kvasir.request.RequestHeaders;
import io.kvasir.route.Booking;
import io.kvasir.route.Outcome;
import io.kvasir.route.Router;
import io.kvasir.route.RouterSettings;
import io.kvasir.route.Routing;
import io.kvasir.route.RoutingHints;
import io.kvasir.schedule.Policy;
import io.kvasir.traffic.TrafficRules;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Requests routed over a pool by least load. */
final class Requests {
    private final Router router;

    Requests(Pool pool) {
        var time = new TimeModel(ModelCatalogue.load());
        router = new Router(
                pool,
                new ApproximateView(ApproximateView.Settings.DEFAULT, System::nanoTime, 7),
                time,
                Policy.LEAST_LOAD.profile(time),
                RouterSettings.DEFAULT,
                System::nanoTime,
                new SplittableRandom(3)::split);
    }

    TrafficRules traffic() {
        return router.traffic();
    }

    /** One, routed and over. */
    Booking routed(String model, @Nullable String objective) {
        byte[] body = ("{\"model\":\"" + model + "\",\"messages\":[]}").getBytes(StandardCharsets.UTF_8);
        var reading = router.read(Dialect.CHAT_COMPLETIONS);
        reading.feed(body, 0, body.length);
        var headers = objective == null ? RequestHeaders.NONE : RequestHeaders.NONE.withObjective(objective);
        var routing = router.route(reading, reading.finish().withHeaders(headers), RoutingHints.NONE);
        assertThat(routing).isInstanceOf(Routing.Booked.class);
        var booking = ((Routing.Booked) routing).booking();
        booking.finish(Outcome.COMPLETED);
        return booking;
    }
}
