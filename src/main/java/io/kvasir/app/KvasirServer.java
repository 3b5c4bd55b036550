package io.kvasir.app;

import io.kvasir.admission.flow.FlowControl;
import io.kvasir.clock.ScaledClock;
import io.kvasir.config.InvalidConfigException;
import io.kvasir.cost.TimeModel;
import io.kvasir.discovery.EndpointFile;
import io.kvasir.extproc.ExtProcServer;
import io.kvasir.failure.FailureText;
import io.kvasir.kvevents.KvEvents;
import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import io.kvasir.observe.AccessLog;
import io.kvasir.observe.DecisionLog;
import io.kvasir.observe.Findings;
import io.kvasir.observe.FindingsWatch;
import io.kvasir.observe.PeerMetrics;
import io.kvasir.observe.PoolLog;
import io.kvasir.observe.QueueMetrics;
import io.kvasir.observe.Standstill;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.Pool;
import io.kvasir.prefix.ApproximateView;
import io.kvasir.prefix.PreciseView;
import io.kvasir.prefix.PrefixView;
import io.kvasir.prefix.StackedViews;
import io.kvasir.proxy.ProxyServer;
import io.kvasir.proxy.ProxySettings;
import io.kvasir.route.BodyBudget;
import io.kvasir.route.ModelLists;
import io.kvasir.route.Router;
import io.kvasir.scrape.Scraper;
import io.kvasir.sim.SimulatedPool;
import io.kvasir.token.TokenSources;
import io.netty.channel.EventLoopGroup;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.BindException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The parts of {@code serve}, made and joined by hand: senses, brain and doors, started in that order. */
final class KvasirServer implements AutoCloseable, Metered {
    /** Of the engines' time. */
    private static final long SWEEP_NANOS = 5_000_000_000L;
    /** How long a restarted engine is believed to hold what it held before, once its page shows that it is another. */
    private static final long LOOK_NANOS = 250_000_000L;

    /** How often what waits is looked after, of the engines' time. */
    private static final long TICK_NANOS = 10_000_000L;

    private static final Duration WRITE_RATES = Duration.ofMinutes(1);
    /** Confidence from which what engines tell is believed before what was sent to them. */
    private static final float SURE = 0.5f;
    /** Decisions that wait to be logged, at most. */
    private static final int DECISIONS_WAITING = 4_096;

    /** What a door may take beyond the time for requests in flight, to break off what is left of them. */
    private static final Duration AFTER_DRAIN = Duration.ofSeconds(15);

    private final ServeSettings settings;
    private final Vertx vertx;
    private final ScaledClock clock;
    private final Catalogues catalogues = Catalogues.load();
    private final Pool pool = new Pool(catalogues.hardware());
    private final PreciseView precise;
    private final PrefixView view;
    private final KvEvents events;
    private final PrefixUpkeep upkeep;
    private final Scraper scraper;
    private final @Nullable RatesFile rates;
    private final Router router;
    private final BodyBudget budget = BodyBudget.ofHeap();
    private final StartedParts started = new StartedParts();
    private final Conditions conditions = new Conditions();
    private final PeriodicWork periodic;
    private final PickerConfigInForce config;
    private volatile @Nullable TokenSources tokens;
    private final FlowControlInForce flow;
    private final @Nullable FlowControl queue;
    private @Nullable EndpointFile file;
    private volatile @Nullable ClusterPool cluster;
    private @Nullable ProxyServer proxy;
    private @Nullable ExtProcServer picker;
    private @Nullable LeaderElection election;
    private volatile @Nullable DemoPool demoPool;
    private volatile boolean open;

    /** @throws ConfigurationException where the plug-in configuration is not what it was when it was checked */
    KvasirServer(ServeSettings settings, Vertx vertx) {
        this.settings = settings;
        this.vertx = vertx;
        periodic = new PeriodicWork(vertx);
        clock = settings.engines().clock();
        var seeds = new SplittableRandom(new SecureRandom().nextLong());
        precise = new PreciseView(ApproximateView.Settings.DEFAULT.endpoints(), seeds.nextLong(), clock);
        view = new StackedViews(
                List.of(precise, new ApproximateView(ApproximateView.Settings.DEFAULT, clock, seeds.nextLong())), SURE);
        events = new KvEvents(precise, settings.engines().events(), clock);
        scraper = new Scraper(
                loops(vertx),
                eventLoops(),
                settings.engines().scrape(clock),
                settings.engines().access(),
                clock);
        var time = new TimeModel(catalogues.models());
        rates = settings.routing().ratesFile() == null
                ? null
                : new RatesFile(settings.routing().ratesFile(), time);
        config = loaded(() -> PickerConfigInForce.load(settings.routing(), time));
        started.part("the plug-in configuration", config);
        router = new Router(
                pool,
                view,
                time,
                settings.routing().profiles(time, config.config()),
                settings.engines().router(),
                scraper::refreshSoon,
                clock,
                seeds::split);
        flow = loaded(
                () -> new FlowControlInForce(settings.traffic(), config.config().flow()));
        started.part("the file of flow control", flow);
        router.traffic().configured(settings.traffic().objectives());
        router.traffic().sessionHeaders(settings.traffic().sessionHeaders());
        queue = flowControl(time, seeds);
        config.follow(router, flow::take);
        upkeep = new PrefixUpkeep(pool, view, router::forgotten);
        router.lists(new ModelLists() {
            @Override
            public boolean refresh(Runnable done) {
                return scraper.refreshModels(done);
            }

            @Override
            public void reread(Endpoint endpoint) {
                scraper.refreshModels(endpoint);
            }
        });
        if (settings.routing().decisionLogShare() > 0) {
            var log = router.events()
                    .listenApart(
                            "decision-log",
                            DecisionLog.kinds(),
                            DECISIONS_WAITING,
                            new DecisionLog(settings.routing().decisionLogShare()));
            started.part("the decision log", log);
        }
    }

    /** Logs requests until the server closes. */
    AccessLog accessLog() {
        var log = new AccessLog(clock);
        started.part("the access log", log);
        return log;
    }

    /** Closes that behind the doors. */
    void closing(String name, AutoCloseable part) {
        started.part(name, part);
    }

    /** Looks for what is wrong until the server closes; what it counts. */
    Metered watch(Findings findings) {
        var watch = new FindingsWatch(findings);
        started.part(
                "looks for what is wrong",
                periodic.every(
                        clock.realNanos(FindingsWatch.BETWEEN_LOOKS_NANOS) / 1_000_000,
                        () -> watch.look(clock.getAsLong())));
        return watch;
    }

    private void keepRates() {
        var file = rates;
        if (file != null) {
            started.part("the file of learned rates", file);
            started.part("the writing of learned rates", periodic.every(WRITE_RATES.toMillis(), file::write));
        }
    }

    private interface Loading<T> {
        T load() throws InvalidConfigException;
    }

    private static <T> T loaded(Loading<T> loading) {
        try {
            return loading.load();
        } catch (InvalidConfigException e) {
            throw new ConfigurationException(String.valueOf(e.getMessage()));
        }
    }

    /** Has requests wait where that is wanted. */
    private @Nullable FlowControl flowControl(TimeModel time, SplittableRandom seeds) {
        if (!flow.on()) {
            return null;
        }
        var waits = new FlowControl(
                flow.settings(),
                pool,
                time,
                settings.engines().router().freshness().toNanos(),
                clock,
                seeds::split);
        router.admission(waits);
        flow.follow(waits);
        return waits;
    }

    /** Metrics under other pickers' names; nothing where they are not wanted. */
    Metered peerMetrics() {
        String pool = settings.source() instanceof PoolSource.Named named ? named.name() : "default";
        return settings.management().peerNames()
                ? new PeerMetrics(router, pool, queue, Help.version(), this::describeParts)
                : _ -> {};
    }

    /** What senses and the picker count. */
    private void describeParts(MetricSink sink) {
        scraper.counts().describe(sink);
        events.describe(sink);
        Stream.of(tokens, picker).filter(Objects::nonNull).forEach(part -> part.describe(sink));
    }

    /** What chooses endpoints, by name. */
    String decides() {
        return settings.routing().decides(config.config());
    }

    /** The plug-in configuration in force, as values of JSON. */
    Map<String, Object> shownConfig() {
        return config.shown();
    }

    @SuppressWarnings("deprecation") // the only public way to share Vert.x' loops with Netty servers of our own
    static EventLoopGroup loops(Vertx vertx) {
        return vertx.nettyEventLoopGroup();
    }

    /** Loops that each part uses: one a core. */
    private static int eventLoops() {
        return Runtime.getRuntime().availableProcessors();
    }

    /**
     * Starts everything; the doors are open when it returns.
     *
     * @throws ConfigurationException in one line, where something cannot start
     */
    void start() {
        conditions.require("doors", () -> open);
        var warmUp = WarmUp.begin(settings, catalogues, vertx, loops(vertx), WarmUp.MOST);
        try {
            startSenses();
            openDoors();
            var _ = warmUp.await();
            open = true;
            sendDemoTraffic();
            elect();
        } catch (InvalidConfigException | IllegalArgumentException | IOException e) {
            close();
            throw new ConfigurationException(FailureText.outermost(e));
        }
    }

    /** Those that still wait when the doors are closed have nobody to tell. */
    private void tickQueue() {
        var waits = queue;
        if (waits != null) {
            long ticks = vertx.setPeriodic(Math.max(1, clock.realNanos(TICK_NANOS) / 1_000_000), _ -> waits.tick());
            started.part("flow control", () -> {
                vertx.cancelTimer(ticks);
                waits.stop();
            });
        }
    }

    private void startSenses() throws InvalidConfigException, BindException {
        pool.listen(upkeep);
        var log = new PoolLog(pool, catalogues.models(), new Standstill(router.time(), router.freshNanos()));
        pool.listen(log);
        started.part("looks at endpoints", periodic.every(PoolLog.SWEEP_MILLIS, () -> log.sweep(clock.getAsLong())));
        started.part(
                "looks for restarts",
                periodic.every(Math.max(20, clock.realNanos(LOOK_NANOS) / 1_000_000), upkeep::look));
        started.part("the sweep of beliefs", periodic.every(clock.realNanos(SWEEP_NANOS) / 1_000_000, upkeep::sweep));
        keepRates();
        begin(settings.source());
        var sources = settings.engines()
                .tokens()
                .load(pool, settings.engines().access().key(), System::nanoTime);
        if (sources != null) {
            tokens = sources;
            started.part("tokenizers", sources);
            router.tokens(sources);
        }
        tickQueue();
        events.asking(scraper::refreshEventSources);
        events.start(pool);
        started.part("KV events", events);
        scraper.start(pool);
        started.part("the scraper", scraper);
    }

    private void begin(PoolSource source) throws InvalidConfigException, BindException {
        if (source instanceof PoolSource.File(Path path)) {
            file = EndpointFile.load(path, pool).follow();
            started.part("the endpoint file", file);
        } else if (source instanceof PoolSource.Named named) {
            follow(ClusterPool.follow(named, router));
        } else if (source instanceof PoolSource.Selected selected) {
            follow(ClusterPool.follow(selected, router));
        } else {
            var engines = DemoPool.start(settings.engines().timeScale());
            started.part("the demo pool", engines);
            pool.apply(engines.specs());
            demoPool = engines;
        }
    }

    private void follow(ClusterPool followed) {
        cluster = followed;
        conditions.require("pool", followed::synced);
        started.part("discovery", followed);
    }

    private void openDoors() throws IOException {
        if (settings.mode().proxies()) {
            var door = new ProxyServer(proxySettings(), router, budget, vertx);
            door.start();
            started.door("the HTTP proxy", () -> door.stop(settings.doors().drainTimeout()));
            proxy = door;
        }
        if (settings.mode().picks()) {
            var door = new ExtProcServer(settings.picker(), router, loops(vertx), budget, conditions::hold);
            door.start();
            started.door("the endpoint picker", () -> door.stop(settings.doors().drainTimeout()));
            picker = door;
        }
    }

    /** To be closed first: another replica leads while this one drains. */
    private void elect() {
        var lease = settings.lease();
        if (lease != null) {
            election = LeaderElection.start(lease, conditions);
            started.lead("leader election", election);
        }
    }

    private ProxySettings proxySettings() {
        var doors = settings.doors();
        return ProxySettings.builder()
                .host(doors.host())
                .port(doors.httpPort())
                .eventLoops(eventLoops())
                .waits(ProxySettings.Waits.DEFAULT.withFirstByte(doors.firstByteTimeout()))
                .trustedProxies(doors.trustedProxies())
                .nameEndpoints(demo() || doors.nameEndpoints())
                .explain(doors.explain())
                .demo(demo())
                .build();
    }

    /** What must hold before requests are sent here. */
    Conditions conditions() {
        return conditions;
    }

    boolean demo() {
        return settings.source() instanceof PoolSource.Demo;
    }

    /** The embedded demo pool; null where there is none. */
    @Nullable
    DemoPool demoPool() {
        return demoPool;
    }

    /** To be closed first, so that a stop waits for nobody's requests. */
    private void sendDemoTraffic() {
        var door = proxy;
        if (door != null && settings.source() instanceof PoolSource.Demo(boolean traffic) && traffic) {
            var sent = DemoTraffic.start(vertx, settings.doors().host(), door.port(), SimulatedPool.DEFAULT_MODEL);
            started.lead("made-up traffic", sent);
        }
    }

    /** Which doors are open where, in words. */
    String doors() {
        String http = proxy == null ? "" : "HTTP proxy on port " + proxy.port();
        String grpc = picker == null ? "" : "endpoint picker on port " + picker.port();
        return http.isEmpty() || grpc.isEmpty() ? http + grpc : http + ", " + grpc;
    }

    /** Port of the HTTP proxy; 0 where it is not open. */
    int httpPort() {
        return proxy == null ? 0 : proxy.port();
    }

    Router router() {
        return router;
    }

    /** What has requests wait; null where none do. */
    @Nullable
    FlowControl queue() {
        return queue;
    }

    /** Declares what doors and senses count. */
    @Override
    public void describe(MetricSink sink) {
        sink.counter("kvasir_unknown_flags", "Flags at start that were not known.", settings.unknownFlags());
        conditions.describe(sink);
        periodic.describe(sink);
        budget.describe(sink);
        scraper.counts().describe(sink);
        events.describe(sink);
        if (queue != null) {
            new QueueMetrics(queue).describe(sink);
        }
        Stream.of(config, flow, tokens, file, cluster, proxy == null ? null : proxy.counts(), picker, election)
                .filter(Objects::nonNull)
                .forEach(part -> part.describe(sink));
    }

    /** Stops what was started, all doors at once and first; a second caller waits for the first. */
    @Override
    public synchronized void close() {
        open = false;
        started.close(settings.doors().drainTimeout().plus(AFTER_DRAIN));
    }
}
