package io.kvasir.observe.live;

import io.kvasir.failure.ContainedFailures;
import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import io.kvasir.observe.Findings;
import io.kvasir.observe.ObservedRouter;
import io.kvasir.route.Router;
import io.kvasir.route.RouterEvents;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.subscription.BackPressureStrategy;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the router once a second for all who watch together. With the first viewer it begins to listen, with the last it
 * stops and forgets all.
 */
@ApplicationScoped
public class LiveFeed implements Metered {
    /** Who may watch at the same time. */
    static final int MOST_VIEWERS = 16;

    /**
     * Frames after which a viewer has to come again, so that its token is looked at again: within the minute for which a grant
     * counts.
     */
    static final int MOST_FRAMES = 55;

    private static final long PERIOD_MILLIS = 1_000;
    /** Between two decisions that explain themselves. */
    private static final long EXPLAINED_NANOS = 400_000_000L;

    private final ObservedRouter observed;
    private final Findings findings;
    private final ContainedFailures failures = new ContainedFailures("the live page");
    private final LongAdder refused = new LongAdder();
    private final Set<LiveViewer> viewers = new LinkedHashSet<>();
    private final String run = UUID.randomUUID().toString();
    private @Nullable Watch watch;

    LiveFeed(ObservedRouter observed, Findings findings) {
        this.observed = observed;
        this.findings = findings;
    }

    /** What runs while somebody watches. */
    private static final class Watch {
        private final Router router;
        private final LiveState state;
        private final RouterEvents.Subscription subscription;
        private final ScheduledExecutorService ticks;
        private @Nullable String newest;

        Watch(ObservedRouter observed, Router router, Findings findings) {
            this.router = router;
            var traffic = new LiveTraffic();
            state = new LiveState(observed, router, traffic, findings);
            subscription = router.events().listen(LiveTraffic.KINDS, traffic);
            router.explanations().every(EXPLAINED_NANOS, router.nanoTime());
            ticks = Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("live-page").factory());
        }

        void stop() {
            ticks.shutdownNow();
            router.explanations().stop();
            subscription.close();
        }
    }

    /** Frames of JSON, about one a second; empty where too many watch already, or before the router runs. */
    Optional<Multi<String>> watch() {
        var viewer = join();
        return viewer == null
                ? Optional.empty()
                : Optional.of(
                        Multi.createFrom().emitter(emitter -> viewer.attach(emitter), BackPressureStrategy.LATEST));
    }

    /** Descriptions and the newest decisions, as JSON; empty before the router runs. */
    Optional<String> picture() {
        var running = observed.router();
        Watch current;
        synchronized (this) {
            current = watch;
        }
        return running.map(router ->
                LivePicture.json(router, run, current == null ? List.of() : current.state.recent(), observed.demo()));
    }

    private synchronized @Nullable LiveViewer join() {
        var router = observed.router();
        if (router.isEmpty()) {
            return null;
        }
        if (viewers.size() >= MOST_VIEWERS) {
            refused.increment();
            return null;
        }
        var viewer = new LiveViewer[1];
        viewer[0] = new LiveViewer(() -> leave(viewer[0]));
        viewers.add(viewer[0]);
        var current = watch;
        if (current == null) {
            var begun = new Watch(observed, router.get(), findings);
            watch = begun;
            var _ = begun.ticks.scheduleAtFixedRate(
                    () -> failures.contain(() -> tick(begun)), 0, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
        } else if (current.newest != null) {
            viewer[0].tell(current.newest);
        }
        return viewer[0];
    }

    private synchronized void leave(LiveViewer viewer) {
        viewers.remove(viewer);
        var current = watch;
        if (viewers.isEmpty() && current != null) {
            watch = null;
            current.stop();
        }
    }

    private void tick(Watch of) {
        List<LiveViewer> told;
        synchronized (this) {
            told = new ArrayList<>(viewers);
        }
        String frame = of.state.frame(told.size());
        synchronized (this) {
            of.newest = frame;
            told = new ArrayList<>(viewers);
        }
        for (var viewer : told) {
            viewer.tell(frame);
            if (viewer.frames() >= MOST_FRAMES) {
                viewer.end();
            }
        }
    }

    /** How many watch. */
    synchronized int viewers() {
        return viewers.size();
    }

    @Override
    public void describe(MetricSink sink) {
        sink.gauge("kvasir_live_viewers", "Who watches the live page.", viewers());
        sink.counter("kvasir_live_refused", "Who would have watched the live page, as too many did.", refused.sum());
        failures.describe(sink, "live-page");
    }

    @PreDestroy
    void close() {
        List<LiveViewer> last;
        synchronized (this) {
            last = new ArrayList<>(viewers);
        }
        last.forEach(LiveViewer::end);
    }
}
