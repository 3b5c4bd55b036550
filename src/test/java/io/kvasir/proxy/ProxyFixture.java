package io.kvasir.proxy;

import io.kvasir.cost.ModelCatalogue;
import io.kvasir.cost.TimeModel;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.prefix.ApproximateView;
import io.kvasir.route.BodyBudget;
import io.kvasir.route.Router;
import io.kvasir.route.RouterSettings;
import io.kvasir.schedule.Policy;
import io.kvasir.sim.SimulatedEndpoint;
import io.kvasir.sim.SimulatedPool;
import io.kvasir.testing.Await;
import io.kvasir.testing.Loops;
import io.kvasir.transport.Transport;
import io.vertx.core.Vertx;
import java.net.BindException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.random.RandomGeneratorFactory;

/** A proxy with a router of its own over given endpoints, on a free port. */
final class ProxyFixture implements AutoCloseable {
    static final ProxySettings SETTINGS =
            ProxySettings.DEFAULT.at("127.0.0.1", 0).withEventLoops(2);

    final Vertx vertx;
    final Pool pool = new Pool(HardwareCatalogue.load());
    final TimeModel time = new TimeModel(ModelCatalogue.load());
    final Router router;
    final ProxyServer server;
    private final ProxySettings settings;

    ProxyFixture(ProxySettings settings, List<EndpointSpec> endpoints) throws BindException {
        this(settings, new BodyBudget(256 << 20), System::nanoTime, Loops.CHOSEN, endpoints);
    }

    ProxyFixture(ProxySettings settings, BodyBudget budget, List<EndpointSpec> endpoints) throws BindException {
        this(settings, budget, System::nanoTime, Loops.CHOSEN, endpoints);
    }

    /** @param clock the router's, in ns */
    ProxyFixture(ProxySettings settings, LongSupplier clock, List<EndpointSpec> endpoints) throws BindException {
        this(settings, new BodyBudget(256 << 20), clock, Loops.CHOSEN, endpoints);
    }

    private ProxyFixture(
            ProxySettings settings,
            BodyBudget budget,
            LongSupplier clock,
            Transport transport,
            List<EndpointSpec> endpoints)
            throws BindException {
        vertx = Vertx.vertx(Loops.vertx(2, transport));
        pool.apply(endpoints);
        router = new Router(
                pool,
                new ApproximateView(ApproximateView.Settings.DEFAULT, clock, 1),
                time,
                Policy.TIME.profile(time),
                RouterSettings.DEFAULT,
                clock,
                () -> RandomGeneratorFactory.of("L64X128MixRandom").create(1));
        this.settings = settings;
        server = new ProxyServer(settings, router, budget, vertx);
        try {
            server.start();
        } catch (BindException e) {
            vertx.close().toCompletionStage().toCompletableFuture().join();
            throw e;
        }
    }

    static ProxyFixture over(EndpointSpec... endpoints) throws BindException {
        return new ProxyFixture(SETTINGS, Arrays.asList(endpoints));
    }

    static ProxyFixture over(ProxySettings settings, EndpointSpec... endpoints) throws BindException {
        return new ProxyFixture(settings, Arrays.asList(endpoints));
    }

    /** One with event loops of that transport. */
    static ProxyFixture on(Transport transport, EndpointSpec... endpoints) throws BindException {
        return new ProxyFixture(
                SETTINGS, new BodyBudget(256 << 20), System::nanoTime, transport, Arrays.asList(endpoints));
    }

    static List<EndpointSpec> specs(SimulatedPool simulated) {
        return simulated.endpoints().stream().map(ProxyFixture::spec).toList();
    }

    private static EndpointSpec spec(SimulatedEndpoint engine) {
        return EndpointSpec.builder(engine.name(), engine.address(), engine.port())
                .vendor(engine.vendor())
                .product(engine.product())
                .partition(engine.partition().isEmpty() ? null : engine.partition())
                .model(engine.model())
                .maxModelLen(engine.maxModelLen())
                .kvTokens(engine.kvTokens())
                .build();
    }

    int port() {
        return server.port();
    }

    RawClient client() throws java.io.IOException {
        return new RawClient(port());
    }

    /** Waits until each event loop has looked at what waits that many times, and handled all that was due before. */
    void awaitSweeps(int sweeps) {
        long millis = (sweeps + 1L) * settings.waits().sweepMillis();
        for (var loop : ((io.vertx.core.impl.VertxInternal) vertx).getEventLoopGroup()) {
            // timers of one loop run in the order in which they are due
            loop.schedule(() -> {}, millis, TimeUnit.MILLISECONDS).syncUninterruptibly();
        }
    }

    ProxyCounts counts() {
        return server.counts();
    }

    /** CPU time of its event loops so far, in ns. */
    long eventLoopCpuNanos() {
        var threads = java.lang.management.ManagementFactory.getThreadMXBean();
        long sum = 0;
        for (var loop : ((io.vertx.core.impl.VertxInternal) vertx).getEventLoopGroup()) {
            long id = loop.submit(() -> Thread.currentThread().threadId())
                    .syncUninterruptibly()
                    .getNow();
            sum += threads.getThreadCpuTime(id);
        }
        return sum;
    }

    /** Everything that was counted for a request is given back. */
    void assertNothingHeld() {
        Await.until("no request in flight", () -> counts().inFlight() == 0);
        Await.until("no bytes held", () -> counts().bufferedBytes() == 0);
        for (var endpoint : pool.snapshot().endpoints()) {
            var load = endpoint.load();
            Await.until(
                    "no load on " + endpoint,
                    () -> load.requests() == 0
                            && load.promptTokens() == 0
                            && load.outputTokens() == 0
                            && load.prefills() == 0
                            && load.prefillNanos() == 0);
        }
    }

    @Override
    public void close() {
        server.stop(Duration.ZERO);
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }
}
