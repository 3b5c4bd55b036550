package io.kvasir.scrape;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointHealth;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;

/**
 * One endpoint that is read: what is due when, and what its answers mean. All but {@link #wants} runs on its loop.
 * Pages and probes share a connection where they share a port.
 */
final class ScrapeTarget implements Conversation.Listener {
    private static final Logger LOG = Logger.getLogger(ScrapeTarget.class);

    /** Pause before a list of models that could not be had is asked for again, if nothing else asks for it. */
    private static final long MODELS_RETRY_NANOS = 5_000_000_000L;

    private final LongSupplier nanoClock;
    private final long healthNanos;
    private final long modelsNanos;
    private final PageTimer timer;
    private final StatsReader stats;
    private final MetricsPageScanner scanner;
    private final ModelList models = new ModelList();
    private final Conversation pages;
    private final Conversation api;
    private final ScrapeCounts counts = new ScrapeCounts();
    private final ScrapeCounts total;
    private volatile Endpoint endpoint;
    private volatile boolean wanted;
    private long healthDue;
    private long modelsDue;
    private long malformedBefore;

    /** Makes the conversation with one port of the endpoint. */
    interface Connector {
        Conversation with(int port, Conversation.Listener listener);
    }

    ScrapeTarget(
            Endpoint endpoint,
            ScrapeSettings settings,
            Pages places,
            PageTimer timer,
            Connector connector,
            LongSupplier nanoClock,
            ScrapeCounts total) {
        this.endpoint = endpoint;
        this.timer = timer;
        this.nanoClock = nanoClock;
        this.total = total;
        healthNanos = settings.healthInterval().toNanos();
        modelsNanos = settings.modelsInterval().toNanos();
        var spec = endpoint.spec();
        var metrics = places.mapping(spec);
        stats = new StatsReader(metrics);
        scanner = new MetricsPageScanner(metrics.families(), stats);
        int pagePort = places.port(spec);
        api = connector.with(spec.port(), this);
        pages = pagePort == spec.port() ? api : connector.with(pagePort, this);
        pages.path(Ask.PAGE, places.path(spec));
        api.path(Ask.HEALTH, metrics.healthPath());
        api.path(Ask.MODELS, metrics.modelsPath());
        healthDue = timer.due();
        modelsDue = timer.due();
    }

    Endpoint endpoint() {
        return endpoint;
    }

    ScrapeCounts counts() {
        return counts;
    }

    /** Takes over a changed description of the same server and hands it what was read while it was being made. */
    void follow(Endpoint changed) {
        var before = endpoint;
        endpoint = changed;
        if (before.stats().known()) {
            changed.report(before.stats());
        }
        changed.serves(before.models());
    }

    /** Whether the same connections and mapping serve that description too. */
    boolean fits(Endpoint changed) {
        var a = endpoint.spec();
        var b = changed.spec();
        return a.hostPort().equals(b.hostPort()) && a.metricsPort() == b.metricsPort() && a.engine() == b.engine();
    }

    /**
     * Asks for a page that is not old. Any thread.
     *
     * @return whether the loop has to be told, because nobody asked before
     */
    boolean wants() {
        if (wanted) {
            return false;
        }
        wanted = true;
        return true;
    }

    /**
     * Does what is due.
     *
     * @return when something is due next, in ns
     */
    long tick(long now) {
        api.expire(now);
        if (pages != api) {
            pages.expire(now);
        }
        if (endpoint.load().requests() > 0) {
            timer.hasRequests(now);
        }
        if (wanted) {
            wanted = false;
            if (timer.refresh(now)) {
                counts.refresh();
                total.refresh();
            }
        }
        if (timer.due() <= now && pages.awaited() == Ask.PAGE) {
            timer.skipped(now);
            counts.skip();
            total.skip();
        }
        askWhatIsDue(now);
        return Math.min(next(api), pages == api ? Long.MAX_VALUE : next(pages));
    }

    private long next(Conversation conversation) {
        long pageDue = conversation == pages ? timer.due() : Long.MAX_VALUE;
        if (!conversation.idle()) {
            return Math.min(conversation.deadline(), conversation.awaited() == Ask.PAGE ? pageDue : Long.MAX_VALUE);
        }
        return conversation == api ? Math.min(pageDue, Math.min(healthDue, modelsDue)) : pageDue;
    }

    private void askWhatIsDue(long now) {
        if (api.idle() && healthDue <= now) {
            healthDue = now + healthNanos;
            api.ask(Ask.HEALTH, now);
        }
        if (pages.idle() && timer.due() <= now) {
            timer.asked(now);
            stats.begin();
            scanner.begin();
            pages.ask(Ask.PAGE, now);
        }
        if (api.idle() && modelsDue <= now) {
            modelsDue = now + modelsNanos;
            models.begin();
            api.ask(Ask.MODELS, now);
        }
    }

    @Override
    public void connected() {
        counts.connection();
        total.connection();
    }

    @Override
    public void read(long nanos) {
        counts.read(nanos);
        total.read(nanos);
    }

    @Override
    public void body(Ask ask, byte[] bytes, int offset, int length) {
        switch (ask) {
            case PAGE -> scanner.feed(bytes, offset, length);
            case MODELS -> models.add(bytes, offset, length);
            case HEALTH -> {}
        }
    }

    @Override
    public void answered(Ask ask, int status, long bodyBytes, long askedNanos) {
        long now = nanoClock.getAsLong();
        if (ask != Ask.PAGE || pages == api) {
            endpoint.health().heard(now);
        }
        switch (ask) {
            case PAGE -> {
                if (status == 200) {
                    page(now, bodyBytes, now - askedNanos);
                } else {
                    failed(ask, ScrapeFailure.STATUS);
                    return;
                }
            }
            case HEALTH -> {
                // a server without a probe is alive: it answered
                if (status == 200 || status == 404 || status == 405 || status == 501) {
                    alive(now);
                } else {
                    failed(ask, ScrapeFailure.STATUS);
                    return;
                }
            }
            case MODELS -> {
                var served = status == 200 ? models.read() : null;
                if (served == null) {
                    failed(ask, status == 200 ? ScrapeFailure.UNRECOGNISED : ScrapeFailure.STATUS);
                    return;
                }
                endpoint.serves(served);
            }
        }
        askWhatIsDue(now);
    }

    private void page(long now, long bytes, long awaitedNanos) {
        scanner.end();
        long malformed = scanner.malformed() + stats.odd();
        if (malformed != malformedBefore) {
            counts.malformed(malformed - malformedBefore);
            total.malformed(malformed - malformedBefore);
            malformedBefore = malformed;
        }
        if (!stats.recognised()) {
            failed(Ask.PAGE, ScrapeFailure.UNRECOGNISED);
            return;
        }
        counts.page(bytes, awaitedNanos);
        total.page(bytes, awaitedNanos);
        var current = endpoint;
        var read = stats.stats(now);
        if (timer.failures() > 0) {
            LOG.infof("%s: metrics page read again after %d failures", current, timer.failures());
            modelsDue = now;
        }
        if (read.asleep() != current.stats().asleep()) {
            // what it serves may have changed with it
            modelsDue = now;
        }
        current.report(read);
        timer.came(
                now, read.running() > 0 || read.waiting() > 0 || current.load().requests() > 0);
    }

    private void alive(long now) {
        var health = endpoint.health();
        if (health.state() != EndpointHealth.State.UP) {
            modelsDue = now;
        }
        health.probePassed();
    }

    @Override
    public void failed(Ask ask, ScrapeFailure why) {
        long now = nanoClock.getAsLong();
        counts.failure(ask, why);
        total.failure(ask, why);
        if (ask == Ask.HEALTH || why == ScrapeFailure.CONNECT) {
            var asked = ask == Ask.PAGE ? pages : api;
            if (why == ScrapeFailure.CONNECT && asked.refused()) {
                endpoint.health().probeRefused();
            } else {
                endpoint.health().probeFailed();
            }
        }
        switch (ask) {
            case PAGE -> {
                if (timer.failures() == 0) {
                    LOG.warnf("%s: metrics page not read: %s", endpoint, why.code());
                }
                timer.failed(now);
            }
            case HEALTH -> healthDue = now + healthNanos;
            case MODELS -> modelsDue = now + Math.min(modelsNanos, MODELS_RETRY_NANOS);
        }
        if (why != ScrapeFailure.CONNECT && why != ScrapeFailure.TLS) {
            askWhatIsDue(now);
        }
    }

    /** Ends its connections. */
    void close() {
        api.close();
        pages.close();
    }
}
