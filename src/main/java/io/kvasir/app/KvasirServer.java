package io.kvasir.app;

import io.kvasir.cost.ModelCatalogue;
import io.kvasir.cost.TimeModel;
import io.kvasir.discovery.EndpointFile;
import io.kvasir.discovery.EndpointFileException;
import io.kvasir.observe.Families;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.prefix.ApproximateView;
import io.kvasir.route.Router;
import io.kvasir.route.RouterSettings;
import io.vertx.core.Vertx;
import java.net.BindException;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** The parts of {@code serve}, made and joined by hand: senses, brain and doors, started in that order. */
final class KvasirServer implements AutoCloseable {
    private static final long SWEEP_MILLIS = 5_000;

    private final ServeSettings settings;
    private final Vertx vertx;
    private final Pool pool = new Pool(HardwareCatalogue.load());
    private final TimeModel time = new TimeModel(ModelCatalogue.load());
    private final ApproximateView view;
    private final Router router;
    private final PrefixUpkeep upkeep;
    private final Deque<AutoCloseable> started = new ArrayDeque<>();
    private @Nullable EndpointFile file;
    private volatile boolean ready;
    private int httpPort;

    KvasirServer(ServeSettings settings, Vertx vertx) {
        this.settings = settings;
        this.vertx = vertx;
        var seeds = new SplittableRandom(new SecureRandom().nextLong());
        view = new ApproximateView(ApproximateView.Settings.DEFAULT, System::nanoTime, seeds.nextLong());
        upkeep = new PrefixUpkeep(pool, view);
        router = new Router(
                pool,
                view,
                time,
                settings.policy().profile(time),
                RouterSettings.DEFAULT,
                System::nanoTime,
                seeds::split);
    }

    /**
     * Starts everything; ready when it returns.
     *
     * @throws ConfigurationException in one line, where something cannot start
     */
    void start() {
        try {
            pool.listen(upkeep);
            long sweep = vertx.setPeriodic(SWEEP_MILLIS, _ -> vertx.executeBlocking(upkeep::sweep));
            started.push(() -> vertx.cancelTimer(sweep));
            if (settings.endpoints() == null) {
                var demo = DemoPool.start(settings.timeScale());
                started.push(demo);
                pool.apply(demo.specs());
            } else {
                file = EndpointFile.load(settings.endpoints(), pool).follow();
                started.push(file);
            }
            ready = true;
        } catch (BindException | EndpointFileException e) {
            close();
            throw new ConfigurationException(String.valueOf(e.getMessage()));
        }
    }

    /** Whether the doors accept requests. */
    boolean ready() {
        return ready;
    }

    boolean demo() {
        return settings.endpoints() == null;
    }

    /** Which doors are open where, in words. */
    String doors() {
        return "HTTP proxy on port " + httpPort;
    }

    /** Port of the HTTP proxy. */
    int httpPort() {
        return httpPort;
    }

    Router router() {
        return router;
    }

    /** What doors and senses count. */
    void collect(Families families) {
        families.counter("kvasir_unknown_flags", "Flags at start that were not known.", settings.unknownFlags());
        if (file != null) {
            families.counter("kvasir_endpoint_file_reloads", "Endpoint files taken.", file.reloads());
            families.counter("kvasir_endpoint_file_failed_reloads", "Endpoint files refused.", file.failedReloads());
            families.counter("kvasir_endpoint_file_unknown_keys", "Keys not known.", file.unknownKeys());
        }
    }

    /** Stops what was started, the last first. */
    @Override
    public void close() {
        ready = false;
        while (!started.isEmpty()) {
            try {
                started.pop().close();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
