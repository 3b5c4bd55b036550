package io.kvasir.app;

import io.kvasir.config.InvalidConfigException;
import io.kvasir.config.PickerConfig;
import io.kvasir.cost.ModelCatalogue;
import io.kvasir.cost.TimeModel;
import io.kvasir.extproc.ExtProcServer;
import io.kvasir.extproc.tls.TlsSettings;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.prefix.ApproximateView;
import io.kvasir.proxy.ProxyServer;
import io.kvasir.proxy.ProxySettings;
import io.kvasir.route.BodyBudget;
import io.kvasir.route.Router;
import io.kvasir.route.RouterSettings;
import io.kvasir.schedule.Profiles;
import io.netty.channel.EventLoopGroup;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jboss.logging.Logger;

/**
 * Made-up requests before the first real one. Code that runs for the first time is loaded, and then slow for a while: a
 * gateway that waits 200 ms for its picker would fail the first requests that a new replica gets. They go the whole way of
 * both doors, TLS included, between ports of the loopback address, and touch none of the real books, beliefs or counters.
 */
final class WarmUp {
    private static final Logger LOG = Logger.getLogger(WarmUp.class);
    private static final String LOOPBACK = "127.0.0.1";
    private static final int ENDPOINTS = 2;
    private static final int MEMORY = 16 << 20;
    /**
     * Through each door: what loads the classes and makes the first handshake. Compiling goes on under real requests: hundreds
     * more would cost each start seconds of CPU, and save the first ones as much.
     */
    static final int REQUESTS = 4;

    private final ServeSettings settings;
    private final Vertx vertx;
    private final EventLoopGroup loops;
    private final long untilNanos;
    private final BodyBudget budget = new BodyBudget(MEMORY);
    private final List<AutoCloseable> opened = new ArrayList<>();
    private int sent;

    private WarmUp(ServeSettings settings, Vertx vertx, EventLoopGroup loops, Duration most) {
        this.settings = settings;
        this.vertx = vertx;
        this.loops = loops;
        untilNanos = System.nanoTime() + most.toNanos();
    }

    /**
     * Warms the doors that are to be open. Whatever goes wrong costs speed alone.
     *
     * @param loops the event loops that the doors run on
     * @param most how long at most, but for closing what it opened
     * @return requests that were answered
     */
    static int run(ServeSettings settings, Vertx vertx, EventLoopGroup loops, Duration most) {
        long start = System.nanoTime();
        var warmUp = new WarmUp(settings, vertx, loops, most);
        try {
            warmUp.openDoors();
        } catch (IOException | RuntimeException e) {
            LOG.debug("the warm-up ended early", e);
        } finally {
            warmUp.close();
        }
        LOG.debugf("warmed up by %d requests in %d ms", warmUp.sent, (System.nanoTime() - start) / 1_000_000);
        return warmUp.sent;
    }

    private void openDoors() throws IOException {
        var router = router();
        if (settings.mode().picks()) {
            send(picker(router));
        }
        if (settings.mode().proxies()) {
            send(proxy(router));
        }
    }

    private void send(WarmUpRequest door) {
        for (int i = 0; i < REQUESTS; i++) {
            long left = untilNanos - System.nanoTime();
            if (left <= 0 || !door.send(i, left)) {
                return;
            }
            sent++;
        }
    }

    private Router router() throws IOException {
        var pool = new Pool(HardwareCatalogue.load());
        var specs = new ArrayList<EndpointSpec>();
        for (int i = 0; i < ENDPOINTS; i++) {
            var engine = new WarmUpEngine(vertx);
            opened.add(engine);
            int port = engine.port();
            specs.add(EndpointSpec.builder("warm-up-" + i, LOOPBACK, port)
                    .model(WarmUpRequest.MODEL)
                    .build());
        }
        pool.apply(specs);
        var time = new TimeModel(ModelCatalogue.load());
        return new Router(
                pool,
                new ApproximateView(ApproximateView.Settings.DEFAULT, System::nanoTime, 1),
                time,
                profiles(time),
                RouterSettings.DEFAULT,
                _ -> {},
                System::nanoTime,
                new SplittableRandom(1)::split);
    }

    /** What a configuration chooses by runs in the shadow: it may refuse made-up endpoints. */
    private Profiles profiles(TimeModel time) throws IOException {
        var policy = settings.routing().profiles(time, PickerConfig.NONE);
        try (var config = PickerConfigInForce.load(settings.routing(), time)) {
            var scheduling = config.config().scheduling();
            return scheduling == null ? policy : policy.withShadow(scheduling.profile());
        } catch (InvalidConfigException e) {
            throw new IOException(e);
        }
    }

    private WarmUpRequest picker(Router router) throws IOException {
        boolean tls = settings.picker().tls() != null;
        var door = new ExtProcServer(
                settings.picker().toBuilder()
                        .host(LOOPBACK)
                        .ports(0, 0)
                        .tls(tls ? TlsSettings.SELF_SIGNED : null)
                        .build(),
                router,
                loops,
                budget,
                () -> true);
        door.start();
        opened.add(() -> door.stop(Duration.ZERO));
        var client = new WarmUpRequest.Picked(door.port(), tls, loops);
        opened.add(client);
        return client;
    }

    private WarmUpRequest proxy(Router router) throws IOException {
        var door = new ProxyServer(ProxySettings.DEFAULT.at(LOOPBACK, 0).withEventLoops(1), router, budget, vertx);
        door.start();
        opened.add(() -> door.stop(Duration.ZERO));
        var client = new WarmUpRequest.Proxied(door.port(), vertx);
        opened.add(client);
        return client;
    }

    private void close() {
        for (var part : opened.reversed()) {
            try {
                part.close();
            } catch (Exception e) {
                LOG.debug("a part of the warm-up could not be closed", e);
            }
        }
    }
}
