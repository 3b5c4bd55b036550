package io.kvasir.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.admission.flow.FlowControl;
import io.kvasir.admission.flow.FlowSettings;
import io.kvasir.cost.ModelCatalogue;
import io.kvasir.cost.TimeModel;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.prefix.ApproximateView;
import io.kvasir.prefix.PrefixView;
import io.kvasir.request.Dialect;
import io.kvasir.request.RequestHeaders;
import io.kvasir.schedule.Encoding;
import io.kvasir.schedule.Pairing;
import io.kvasir.schedule.PdDecider;
import io.kvasir.schedule.Policy;
import io.kvasir.schedule.Profiles;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;

/** A router over a pool of its own, with a clock that stands still. */
public final class RouterFixture {
    public final AtomicLong clock = new AtomicLong(1);
    public final Pool pool = new Pool(HardwareCatalogue.load());
    public final TimeModel time = new TimeModel(ModelCatalogue.load());
    final ApproximateView view = new ApproximateView(ApproximateView.Settings.DEFAULT, clock::get, 7);
    public final Router router;

    public RouterFixture(EndpointSpec... specs) {
        this(new PdDecider.Never(), Policy.TIME, specs);
    }

    public RouterFixture(PdDecider decider, Policy policy, EndpointSpec... specs) {
        pool.apply(List.of(specs));
        router = new Router(
                pool,
                view,
                time,
                new Profiles(
                        policy.profile(time),
                        new Pairing(
                                decider,
                                policy.prefillProfile(time),
                                time,
                                false,
                                Encoding.byRole(policy.encodeProfile(time))),
                        null),
                RouterSettings.DEFAULT,
                _ -> {},
                clock::get,
                new SplittableRandom(3)::split);
    }

    /** Another router over the same pool, that asks that view. */
    Router routerOver(PrefixView other) {
        return new Router(
                pool,
                other,
                time,
                Policy.TIME.profile(time),
                RouterSettings.DEFAULT,
                clock::get,
                new SplittableRandom(3)::split);
    }

    static Routing route(Router router, byte[] body) {
        var reading = router.read(Dialect.CHAT_COMPLETIONS);
        reading.feed(body, 0, body.length);
        return router.route(reading, reading.finish(), RoutingHints.NONE);
    }

    public static byte[] body(String json) {
        return json.getBytes(StandardCharsets.UTF_8);
    }

    /** A chat of one message. */
    public static byte[] chat(String model, String content) {
        return body("{\"messages\":[{\"role\":\"user\",\"content\":\"" + content + "\"}],\"model\":\"" + model + "\"}");
    }

    /** A chat that says that of itself and may wait. */
    public Routing ask(RequestHeaders headers, Waiter waiter) {
        byte[] body = chat("m", "hi");
        var reading = router.read(Dialect.CHAT_COMPLETIONS);
        reading.feed(body, 0, body.length);
        return router.route(reading, reading.finish().withHeaders(headers), RoutingHints.NONE, waiter);
    }

    /** Has requests wait by these settings from now on. */
    public FlowControl queue(FlowSettings settings) {
        var queue = new FlowControl(
                settings,
                pool,
                time,
                RouterSettings.DEFAULT.freshness().toNanos(),
                clock::get,
                () -> new SplittableRandom(1));
        router.admission(queue);
        return queue;
    }

    Routing route(Dialect dialect, byte[] body, RequestHeaders headers, RoutingHints hints) {
        var reading = router.read(dialect);
        reading.feed(body, 0, body.length);
        return router.route(reading, reading.finish().withHeaders(headers), hints);
    }

    public Booking booked(byte[] body, RoutingHints hints) {
        var routing = route(Dialect.CHAT_COMPLETIONS, body, RequestHeaders.NONE, hints);
        assertThat(routing).isInstanceOf(Routing.Booked.class);
        return ((Routing.Booked) routing).booking();
    }

    Endpoint endpoint(String name) {
        return Objects.requireNonNull(pool.snapshot().endpoints().stream()
                .filter(endpoint -> endpoint.spec().name().equals(name))
                .findFirst()
                .orElse(null));
    }

    void assertNothingInFlight() {
        for (Endpoint endpoint : pool.snapshot().endpoints()) {
            var load = endpoint.load();
            assertThat(List.of(
                            load.requests(),
                            load.promptTokens(),
                            load.outputTokens(),
                            load.prefillNanos(),
                            load.prefills(),
                            load.unseen().nanos()))
                    .as("books of %s", endpoint)
                    .containsOnly(0L);
        }
    }
}
