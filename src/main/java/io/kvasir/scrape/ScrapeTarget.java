package io.kvasir.scrape;

import io.kvasir.clock.ScaledClock;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointHealth;
import io.kvasir.pool.EngineProtocol;
import io.kvasir.pool.ToldEvents;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * One endpoint that is read: what is due when, and what its answers mean. All but {@link #wants} runs on its loop.
 * Pages and probes share a connection where they share a port.
 */
final class ScrapeTarget implements Conversation.Listener {
    private final ScaledClock nanoClock;
    private final Pages places;
    private final Connector connector;
    private final PageTimer timer;
    private final ProbeTimes times;
    private final SpokenProtocol spoken;
    private final StatsReader stats;
    private final MetricsPageScanner scanner;
    private final ModelList models = new ModelList();
    private final EngineVersion version = new EngineVersion();
    private final EventSourceList events = new EventSourceList();
    private final List<Runnable> waitingForModels = new ArrayList<>();
    private final ScrapeCounts counts = new ScrapeCounts();
    private final ScrapeCounts total;
    private volatile Endpoint endpoint;
    private volatile boolean wanted;
    private Conversation pages;
    private Conversation api;
    private boolean closed;
    private long malformedBefore;

    /** Makes the conversation with one port of the endpoint. */
    interface Connector {
        Conversation with(int port, EngineProtocol protocol, Conversation.Listener listener);
    }

    ScrapeTarget(
            Endpoint endpoint,
            ScrapeSettings settings,
            Pages places,
            PageTimer timer,
            Connector connector,
            ScaledClock nanoClock,
            ScrapeCounts total) {
        this.endpoint = endpoint;
        this.timer = timer;
        this.nanoClock = nanoClock;
        this.total = total;
        this.places = places;
        this.connector = connector;
        var metrics = places.mapping(endpoint.spec());
        stats = new StatsReader(metrics);
        scanner = new MetricsPageScanner(metrics.families(), stats);
        boolean tellsEvents = places.eventsPath(endpoint.spec()) != null;
        times = new ProbeTimes(settings, metrics.versionPath() != null, tellsEvents, timer.due());
        spoken = new SpokenProtocol(endpoint.spec().protocol());
        api = api();
        pages = pages();
    }

    private Conversation api() {
        var spec = endpoint.spec();
        var metrics = places.mapping(spec);
        var made = connector.with(spec.port(), spoken.now(), this);
        made.path(ProbeKind.HEALTH, metrics.healthPath());
        made.path(ProbeKind.MODELS, metrics.modelsPath());
        String versionPath = metrics.versionPath();
        if (versionPath != null) {
            made.path(ProbeKind.VERSION, versionPath);
        }
        String eventsPath = places.eventsPath(spec);
        if (eventsPath != null) {
            made.path(ProbeKind.EVENT_SOURCES, eventsPath);
        }
        return made;
    }

    private Conversation pages() {
        var spec = endpoint.spec();
        int port = places.port(spec);
        var made = port == spec.port() ? api : connector.with(port, EngineProtocol.HTTP, this);
        made.path(ProbeKind.PAGE, places.path(spec));
        return made;
    }

    /** Its API is spoken to otherwise from now on, and so are its pages where they are on the same port. */
    private void speakAnew() {
        boolean together = pages.equals(api);
        api.close();
        api = api();
        if (together) {
            pages = pages();
        }
    }

    Endpoint endpoint() {
        return endpoint;
    }

    ScrapeCounts counts() {
        return counts;
    }

    /** Takes over a changed description of the same server. */
    void follow(Endpoint changed) {
        endpoint = changed;
    }

    /** Whether the same connections and mapping serve that description too. */
    boolean fits(Endpoint changed) {
        var a = endpoint.spec();
        var b = changed.spec();
        return a.hostPort().equals(b.hostPort())
                && a.metricsPort() == b.metricsPort()
                && a.engine() == b.engine()
                && a.protocol() == b.protocol()
                && (a.kvEvents() == null) == (b.kvEvents() == null)
                && Objects.equals(a.apiKey(), b.apiKey());
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

    /** Reads the list of models now; {@code answered} is run once it was, or cannot be. On its loop. */
    void readModels(long now, Runnable answered) {
        if (closed
                || endpoint.knowledge().problem() != null
                || endpoint.health().state() == EndpointHealth.State.DOWN) {
            answered.run();
            return;
        }
        waitingForModels.add(answered);
        if (api.awaited() != ProbeKind.MODELS) {
            times.modelsNow(now);
            askWhatIsDue(now);
        }
    }

    /** Reads the list of models as soon as it may be read again. On its loop. */
    void readModelsSoon(long now) {
        times.modelsSoon(now);
        askWhatIsDue(now);
    }

    /** Asks as soon as it may be asked again where KV events are. On its loop. */
    void readEventsSoon(long now) {
        times.eventsSoon(now);
        askWhatIsDue(now);
    }

    private void modelsAnswered() {
        var told = List.copyOf(waitingForModels);
        waitingForModels.clear();
        told.forEach(Runnable::run);
    }

    /**
     * Does what is due.
     *
     * @return when something is due next, in ns
     */
    long tick(long now) {
        api.expire(now);
        if (!pages.equals(api)) {
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
        if (timer.due() <= now && pages.awaited() == ProbeKind.PAGE) {
            timer.skipped(now);
            counts.skip();
            total.skip();
        }
        askWhatIsDue(now);
        return Math.min(next(api), pages.equals(api) ? Long.MAX_VALUE : next(pages));
    }

    private long next(Conversation conversation) {
        long pageDue = conversation.equals(pages) ? timer.due() : Long.MAX_VALUE;
        if (!conversation.idle()) {
            return Math.min(
                    conversation.deadline(), conversation.awaited() == ProbeKind.PAGE ? pageDue : Long.MAX_VALUE);
        }
        return conversation.equals(api) ? Math.min(pageDue, times.next()) : pageDue;
    }

    private void askWhatIsDue(long now) {
        if (api.idle() && times.take(ProbeKind.HEALTH, now)) {
            api.ask(ProbeKind.HEALTH, now);
        }
        if (pages.idle() && timer.due() <= now) {
            timer.asked(now);
            stats.begin();
            scanner.begin();
            pages.ask(ProbeKind.PAGE, now);
        }
        if (api.idle() && times.take(ProbeKind.MODELS, now)) {
            models.begin();
            api.ask(ProbeKind.MODELS, now);
        }
        if (api.idle() && times.take(ProbeKind.VERSION, now)) {
            version.begin();
            api.ask(ProbeKind.VERSION, now);
        }
        if (api.idle() && times.take(ProbeKind.EVENT_SOURCES, now)) {
            events.begin();
            api.ask(ProbeKind.EVENT_SOURCES, now);
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
    public void body(ProbeKind ask, byte[] bytes, int offset, int length) {
        switch (ask) {
            case PAGE -> scanner.feed(bytes, offset, length);
            case MODELS -> models.add(bytes, offset, length);
            case VERSION -> version.add(bytes, offset, length);
            case EVENT_SOURCES -> events.add(bytes, offset, length);
            case HEALTH -> {}
        }
    }

    @Override
    public void answered(ProbeKind ask, int status, long bodyBytes, long askedNanos) {
        long now = nanoClock.getAsLong();
        if (ask != ProbeKind.PAGE || pages.equals(api)) {
            endpoint.health().heard(now);
        }
        switch (ask) {
            case PAGE -> {
                if (status == 200) {
                    page(now, bodyBytes, now - askedNanos);
                } else {
                    failed(ask, ScrapeFailure.of(status));
                    return;
                }
            }
            case HEALTH -> {
                if (isAlive(status)) {
                    alive(now, status);
                } else {
                    failed(ask, ScrapeFailure.STATUS);
                    return;
                }
            }
            case MODELS -> {
                var served = status == 200 ? models.read(now) : null;
                if (served == null) {
                    failed(ask, status == 200 ? ScrapeFailure.UNRECOGNISED : ScrapeFailure.of(status));
                    return;
                }
                endpoint.knowledge().read(served);
                counts.modelList();
                total.modelList();
                modelsAnswered();
            }
            case VERSION -> {
                String told = status == 200 ? version.read() : null;
                if (told != null || isAlive(status) && status != 429) {
                    endpoint.runs(told == null ? null : places.versions().same(told));
                }
                if (told == null) {
                    failed(ask, status == 200 ? ScrapeFailure.UNRECOGNISED : ScrapeFailure.of(status));
                    return;
                }
            }
            case EVENT_SOURCES -> {
                if (isUnknownPage(status)) {
                    // an engine that has no such page tells of nothing
                    endpoint.replica().toldEvents(ToldEvents.NONE);
                    times.eventsUnknown();
                    break;
                }
                var told = status == 200 ? events.read() : null;
                if (told == null) {
                    failed(ask, status == 200 ? ScrapeFailure.UNRECOGNISED : ScrapeFailure.of(status));
                    return;
                }
                endpoint.replica().toldEvents(told);
            }
        }
        askWhatIsDue(now);
    }

    private static boolean isUnknownPage(int status) {
        return status == 404 || status == 405 || status == 501;
    }

    /** Whether a probe's status tells of a process that lives, be it one that knows no such probe or wants a key. */
    static boolean isAlive(int status) {
        return status < 500 || status == 501;
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
            failed(ProbeKind.PAGE, ScrapeFailure.UNRECOGNISED);
            return;
        }
        counts.page(bytes, nanoClock.realNanos(awaitedNanos));
        total.page(bytes, nanoClock.realNanos(awaitedNanos));
        var current = endpoint;
        var read = stats.stats(now);
        if (timer.failures() > 0 || read.asleep() != current.stats().asleep()) {
            times.another(now);
        }
        current.report(read);
        current.attributes(stats.attributes());
        timer.came(
                now, read.running() > 0 || read.waiting() > 0 || current.load().requests() > 0, awaitedNanos);
    }

    private void alive(long now, int status) {
        var health = endpoint.health();
        if (health.state() == EndpointHealth.State.UNKNOWN || health.state() == EndpointHealth.State.DOWN) {
            times.another(now);
        }
        health.probePassed();
        if (spoken.passed()) {
            endpoint.speaks(spoken.now());
            times.another(now);
        } else if (status == 400 || status == 426 || status == 505) {
            odd(now);
        }
    }

    /** What answered may speak the other protocol only: tries that, now and then. */
    private void odd(long now) {
        if (spoken.odd()) {
            speakAnew();
            times.healthNow(now);
        }
    }

    @Override
    public void failed(ProbeKind ask, ScrapeFailure why) {
        long now = nanoClock.getAsLong();
        counts.failure(ask, why);
        total.failure(ask, why);
        if (ask == ProbeKind.HEALTH && spoken.onTrial()) {
            // what it answered before counts
            spoken.failed();
            speakAnew();
            times.healthFailed(now);
            askWhatIsDue(now);
            return;
        }
        var asked = ask == ProbeKind.PAGE ? pages : api;
        boolean silent = why == ScrapeFailure.TIMEOUT
                && (ask == ProbeKind.PAGE ? pages.equals(api) : ask == ProbeKind.HEALTH || ask == ProbeKind.MODELS);
        if (ask == ProbeKind.HEALTH || why == ScrapeFailure.CONNECT || silent) {
            if (why == ScrapeFailure.CONNECT && asked.refused()) {
                endpoint.health().probeRefused();
            } else {
                endpoint.health().probeFailed();
            }
        }
        switch (ask) {
            case PAGE -> {
                timer.failed(now);
                endpoint.unreadable(why.code());
            }
            case HEALTH -> {
                times.healthFailed(now);
                if (why == ScrapeFailure.MALFORMED || why == ScrapeFailure.CUT && spoken.now() == EngineProtocol.H2C) {
                    odd(now);
                }
            }
            case MODELS -> {
                times.modelsFailed(now);
                if (why.tellsOfLists()) {
                    endpoint.knowledge().unreadable(why.code());
                }
                modelsAnswered();
            }
            case VERSION -> {
                if (why == ScrapeFailure.TIMEOUT) {
                    // others wait on this connection meanwhile: not again of the same engine
                    times.versionSilent();
                }
            }
            case EVENT_SOURCES -> {
                if (why == ScrapeFailure.TIMEOUT || why == ScrapeFailure.UNRECOGNISED) {
                    times.eventsUnknown();
                }
            }
        }
        if (why != ScrapeFailure.CONNECT && why != ScrapeFailure.TLS) {
            askWhatIsDue(now);
        }
    }

    /** Ends its connections. */
    void close() {
        closed = true;
        api.close();
        pages.close();
        modelsAnswered();
    }
}
