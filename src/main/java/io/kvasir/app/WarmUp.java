package io.kvasir.app;

import io.kvasir.config.InvalidConfigException;
import io.kvasir.config.PickerConfig;
import io.kvasir.cost.TimeModel;
import io.kvasir.extproc.ExtProcServer;
import io.kvasir.extproc.tls.TlsSettings;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.Pool;
import io.kvasir.prefix.ApproximateView;
import io.kvasir.proxy.ProxyServer;
import io.kvasir.proxy.ProxySettings;
import io.kvasir.route.BodyBudget;
import io.kvasir.route.Router;
import io.kvasir.route.RouterSettings;
import io.kvasir.schedule.Profiles;
import io.kvasir.transport.Transport;
import io.netty.channel.EventLoopGroup;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Made-up requests before the first real one. Code that runs for the first time is loaded, and then slow for a while: a
 * gateway that waits 200 ms for its picker would fail the first requests that a new replica gets. They go the whole way of
 * both doors, TLS included, between ports of the loopback address, and touch none of the real books, beliefs or counters.
 * Doors are warmed beside each other and beside what else starts.
 */
final class WarmUp {
    private static final Logger LOG = Logger.getLogger(WarmUp.class);
    private static final String LOOPBACK = "127.0.0.1";
    private static final int ENDPOINTS = 2;
    /** Nobody connects to what the picker alone chooses. */
    private static final int NO_PORT = 1;

    private static final int MEMORY = 16 << 20;
    /**
     * Through each door: what loads the classes and makes the first handshake. Compiling goes on under real requests: hundreds
     * more would cost each start seconds of CPU, and save the first ones as much.
     */
    static final int REQUESTS = 4;

    /** Longest time that readiness waits for code to be warm. */
    static final Duration MOST = Duration.ofSeconds(10);

    /** Longest time that the picker is warmed until readiness waits for it: the start of the framework, with little CPU. */
    static final Duration MOST_EARLY = Duration.ofMinutes(1);

    /** What warms the picker since before there was anything else. */
    private static final AtomicReference<@Nullable WarmUp> EARLY = new AtomicReference<>();

    private final ServeSettings settings;
    private final Catalogues catalogues;
    private final @Nullable Vertx vertx;
    private final @Nullable EventLoopGroup loops;
    private final boolean picks;
    private final @Nullable WarmUp early;
    private volatile long untilNanos;
    private final BodyBudget budget = new BodyBudget(MEMORY);
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private final AtomicInteger sent = new AtomicInteger();

    private interface Door {
        WarmUpRequest open(List<AutoCloseable> opened) throws IOException;
    }

    /**
     * @param vertx null where the proxy is left alone
     * @param loops null for one of its own
     * @param picks whether the picker is warmed
     * @param early what warms it otherwise; null where nothing does
     */
    private WarmUp(
            ServeSettings settings,
            Catalogues catalogues,
            @Nullable Vertx vertx,
            @Nullable EventLoopGroup loops,
            boolean picks,
            @Nullable WarmUp early,
            Duration most) {
        this.settings = settings;
        this.catalogues = catalogues;
        this.vertx = vertx;
        this.loops = loops;
        this.picks = picks;
        this.early = early;
        untilNanos = System.nanoTime() + most.toNanos();
    }

    /**
     * Begins to warm the picker, on a thread and an event loop of its own, before there is a framework that has loops. The next
     * {@link #begin} leaves it to that, and waits for it, too.
     *
     * @param first what that thread does before
     * @param most how long at most, until {@link #begin} says
     */
    static void beginPicker(ServeSettings settings, Catalogues catalogues, Runnable first, Duration most) {
        var warmUp = new WarmUp(settings, catalogues, null, null, true, null, most);
        EARLY.set(warmUp);
        beside("the picker", () -> {
            try {
                first.run();
            } finally {
                warmUp.run();
            }
        });
    }

    /**
     * Begins to warm the doors that are to be open, on threads of its own. Whatever goes wrong costs speed alone.
     *
     * @param loops the event loops that the doors run on
     * @param most how long at most, but for closing what it opened
     */
    static WarmUp begin(
            ServeSettings settings, Catalogues catalogues, Vertx vertx, EventLoopGroup loops, Duration most) {
        var early = EARLY.getAndSet(null);
        var warmUp =
                new WarmUp(settings, catalogues, vertx, loops, settings.mode().picks() && early == null, early, most);
        if (early != null) {
            early.untilNanos = warmUp.untilNanos;
        }
        beside("both doors", warmUp::run);
        return warmUp;
    }

    /**
     * Waits until the doors are warm or the time is over.
     *
     * @return requests that were answered
     */
    int await() {
        int others = early == null ? 0 : early.await();
        try {
            done.get(Math.max(0, untilNanos - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.debug("the warm-up did not end in time", e);
        }
        return others + sent.get();
    }

    private static void beside(String what, Runnable task) {
        Thread.ofPlatform().daemon().name("warm-up of " + what).start(task);
    }

    private void run() {
        long start = System.nanoTime();
        var opened = new ArrayList<AutoCloseable>();
        var answered = new ArrayList<CompletableFuture<Void>>();
        try {
            var proxies = settings.mode().proxies() ? vertx : null;
            var router = router(proxies, opened);
            if (proxies != null) {
                var warm = new CompletableFuture<Void>();
                answered.add(warm);
                beside("the proxy", () -> warm(parts -> proxy(router, proxies, parts), warm));
            }
            if (picks) {
                var on = loops == null ? loop(opened) : loops;
                var warm = new CompletableFuture<Void>();
                answered.add(warm);
                warm(parts -> picker(router, on, parts), warm);
            }
        } catch (IOException | RuntimeException | LinkageError e) {
            LOG.debug("the warm-up ended early", e);
        }
        var _ = CompletableFuture.allOf(answered.toArray(CompletableFuture<?>[]::new))
                .whenComplete((_, _) -> {
                    LOG.debugf(
                            "warmed up by %d requests in %d ms", sent.get(), (System.nanoTime() - start) / 1_000_000);
                    done.complete(null);
                    close(opened);
                });
    }

    /** @param warm completed once the requests are answered or not, before what was opened is closed */
    private void warm(Door door, CompletableFuture<Void> warm) {
        var opened = new ArrayList<AutoCloseable>();
        try {
            send(door.open(opened));
        } catch (IOException | RuntimeException | LinkageError e) {
            LOG.debug("the warm-up of a door ended early", e);
        } finally {
            warm.complete(null);
            close(opened);
        }
    }

    private void send(WarmUpRequest door) {
        for (int i = 0; i < REQUESTS; i++) {
            long left = untilNanos - System.nanoTime();
            if (left <= 0 || !door.send(i, left)) {
                return;
            }
            sent.incrementAndGet();
        }
    }

    /** As long as the warm-up takes. */
    private static EventLoopGroup loop(List<AutoCloseable> opened) {
        var loop = Transport.here(!"false".equals(System.getProperty(Kvasir.PREFER_EPOLL)))
                .loops(1);
        opened.add(() -> {
            var _ = loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        });
        return loop;
    }

    /** @param proxies null where nobody connects to what is chosen */
    private Router router(@Nullable Vertx proxies, List<AutoCloseable> opened) throws IOException {
        int port = proxies == null ? NO_PORT : port(proxies, opened);
        var pool = new Pool(catalogues.hardware());
        var specs = new ArrayList<EndpointSpec>();
        for (int i = 0; i < ENDPOINTS; i++) {
            specs.add(EndpointSpec.builder("warm-up-" + i, LOOPBACK, port)
                    .model(WarmUpRequest.MODEL)
                    .build());
        }
        pool.apply(specs);
        var time = new TimeModel(catalogues.models());
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

    private static int port(Vertx vertx, List<AutoCloseable> opened) throws IOException {
        var engine = new WarmUpEngine(vertx);
        opened.add(engine);
        return engine.port();
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

    private WarmUpRequest picker(Router router, EventLoopGroup loops, List<AutoCloseable> opened) throws IOException {
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

    private WarmUpRequest proxy(Router router, Vertx vertx, List<AutoCloseable> opened) throws IOException {
        var door = new ProxyServer(ProxySettings.DEFAULT.at(LOOPBACK, 0).withEventLoops(1), router, budget, vertx);
        door.start();
        opened.add(() -> door.stop(Duration.ZERO));
        var client = new WarmUpRequest.Proxied(door.port(), vertx);
        opened.add(client);
        return client;
    }

    private static void close(List<AutoCloseable> opened) {
        for (var part : opened.reversed()) {
            try {
                part.close();
            } catch (Exception e) {
                LOG.debug("a part of the warm-up could not be closed", e);
            }
        }
    }
}
