package io.kvasir.observe;

import io.kvasir.cost.ModelCatalogue;
import io.kvasir.cost.TimeModel;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.prefix.ApproximateView;
import io.kvasir.request.Dialect;
import io.kvasir.request.RequestHeaders;
import io.kvasir.route.Booking;
import io.kvasir.route.Router;
import io.kvasir.route.RouterSettings;
import io.kvasir.route.Routing;
import io.kvasir.route.RoutingHints;
import io.kvasir.schedule.Policy;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;

/** A router that is shown, on a clock that stands still until it is moved. */
public final class ObservedPool {
    public final AtomicLong clock = new AtomicLong(1_000_000_000L);
    public final Pool pool = new Pool(HardwareCatalogue.load());
    public final ObservedRouter observed = new ObservedRouter();
    public final Router router;

    /** A pool of these, under the default policy. */
    public ObservedPool(EndpointSpec... specs) {
        this(Policy.TIME, specs);
    }

    /** A pool of these, under that policy. */
    public ObservedPool(Policy policy, EndpointSpec... specs) {
        var time = new TimeModel(ModelCatalogue.load());
        router = new Router(
                pool,
                new ApproximateView(ApproximateView.Settings.DEFAULT, clock::get, 7),
                time,
                policy.profile(time),
                RouterSettings.DEFAULT,
                clock::get,
                new SplittableRandom(3)::split);
        pool.apply(List.of(specs));
        observed.show(router);
    }

    /** A request for a chat, whose prompt is a secret. */
    public Routing route(RequestHeaders headers) {
        return route(headers, "\"stream\":true,", "a secret of some length");
    }

    private Routing route(RequestHeaders headers, String members, String prompt) {
        byte[] body = ("{" + members + "\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"" + prompt
                        + "\"}]}")
                .getBytes(StandardCharsets.UTF_8);
        var reading = router.read(Dialect.CHAT_COMPLETIONS);
        reading.feed(body, 0, body.length);
        return router.route(reading, reading.finish().withHeaders(headers), RoutingHints.NONE);
    }

    /** A request for a chat with that prompt, which has an endpoint; its answer is streamed, or comes in one piece. */
    public Booking booked(String prompt, boolean stream) {
        return ((Routing.Booked) route(RequestHeaders.NONE, stream ? "\"stream\":true," : "", prompt)).booking();
    }

    /** A request that has an endpoint. */
    public Booking booked() {
        return ((Routing.Booked) route(RequestHeaders.NONE)).booking();
    }
}
