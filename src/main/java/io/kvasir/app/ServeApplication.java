package io.kvasir.app;

import io.kvasir.metric.Metered;
import io.kvasir.observe.CountedExports;
import io.kvasir.observe.Findings;
import io.kvasir.observe.ObservedRouter;
import io.kvasir.observe.RouterMetrics;
import io.kvasir.observe.SpanTraces;
import io.kvasir.observe.live.LiveFeed;
import io.kvasir.transport.TransportChoice;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import io.quarkus.vertx.http.HttpServer;
import io.vertx.core.Vertx;
import java.util.List;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/** {@code serve} inside Quarkus, which brings the back office: metrics, health and REST. */
@SuppressWarnings("deprecation") // the one registry type of the framework whose pages our own collectors can join
public class ServeApplication implements QuarkusApplication {
    private static final Logger LOG = Logger.getLogger("io.kvasir");
    private static final int USAGE = 2;

    private final Vertx vertx;
    private final PrometheusMeterRegistry registry;
    private final ObservedRouter observed;
    private final RunningServer running;
    private final ManagementGuard guard;
    private final HttpServer management;
    private final boolean preferEpoll;
    private final LiveFeed live;
    private final Findings findings;

    ServeApplication(
            Vertx vertx,
            PrometheusMeterRegistry registry,
            ObservedRouter observed,
            RunningServer running,
            ManagementGuard guard,
            HttpServer management,
            LiveFeed live,
            Findings findings,
            @ConfigProperty(name = Kvasir.PREFER_EPOLL) boolean preferEpoll) {
        this.vertx = vertx;
        this.registry = registry;
        this.observed = observed;
        this.running = running;
        this.guard = guard;
        this.management = management;
        this.preferEpoll = preferEpoll;
        this.live = live;
        this.findings = findings;
    }

    @Override
    public int run(String... args) {
        BesideFramework.await();
        var settings = ServeSettings.of(List.of(args), System.getenv());
        if (settings.log().json()) {
            JsonLog.install();
        }
        if (settings.source() instanceof PoolSource.Demo) {
            System.out.println(DemoPool.whereToLook(managementPort(settings)));
        }
        settings.warnings().forEach(LOG::warn);
        guard.admit(settings.management());
        var transport = TransportChoice.of(KvasirServer.loops(vertx), preferEpoll);
        if (transport.warning() != null) {
            LOG.warn(transport.warning());
        }
        try (var server = new KvasirServer(settings, vertx)) {
            // before the doors open: who comes first is traced and logged too
            var tracing = tracing(settings, server);
            server.start();
            observed.notices(settings.warnings());
            observed.demo(server.demo());
            observed.show(server.router());
            observed.show(server::shownConfig);
            observed.show(server.queue());
            registry.getPrometheusRegistry()
                    .register(new RouterMetrics(
                            server.router(),
                            List.of(
                                    transport,
                                    server,
                                    guard.counts(),
                                    server.peerMetrics(),
                                    tracing,
                                    live,
                                    server.watch(findings))));
            running.set(server);
            StopSignals.drainFirst(server::close);
            LOG.infof(
                    "Kvasir is ready: %s, policy %s, management port %d",
                    server.doors(), server.decides(), managementPort(settings));
            if (server.demo()) {
                System.out.println(DemoPool.banner(server.httpPort(), managementPort(settings)));
            }
            try (var _ = ProcessMeters.in(registry)) {
                Quarkus.waitForExit();
            }
            return 0;
        } catch (ConfigurationException e) {
            System.err.println("kvasir: " + e.getMessage());
            return USAGE;
        }
    }

    /** Has requests traced and logged, where that is asked for; what is counted of it. */
    private Metered tracing(ServeSettings settings, KvasirServer server) {
        var access = settings.log().access() ? server.accessLog() : null;
        var to = settings.tracing().to();
        if (to == null) {
            if (access != null) {
                server.router().traces(access);
                return access;
            }
            return _ -> {};
        }
        var exports = new CountedExports();
        exports.sendBy(to.exporter(vertx), to.most());
        var spans = new SpanPipeline(settings.tracing().properties(), exports);
        server.closing("spans", spans);
        var traces = new SpanTraces(spans.tracer(), server::decides);
        server.router().traces(access == null ? traces : traces.and(access));
        return sink -> {
            if (access != null) {
                access.describe(sink);
            }
            traces.describe(sink);
            exports.describe(sink);
        };
    }

    /** The port that is listened on, which the settings do not know where they leave the choice to the system. */
    private int managementPort(ServeSettings settings) {
        return settings.management().certDirectory() == null ? management.getPort() : management.getSecurePort();
    }
}
