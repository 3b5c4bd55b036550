package io.kvasir.scrape;

import io.kvasir.clock.ScaledClock;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EngineProtocol;
import io.kvasir.transport.Transport;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;

/**
 * The endpoints read on one event loop. One timer serves them all: it wakes when the first is due, at most once per
 * grid step, so that pages of several endpoints are asked for together and answered together.
 */
final class ScrapeLoop {
    /** Bytes taken from a socket at once; most pages come whole. */
    private static final int LEAST_RECEIVE_BYTES = 2 << 10;

    private static final int RECEIVE_BYTES = 64 << 10;

    /** Longest sleep: an idle endpoint that gets a request is noticed within it. */
    private static final long MAX_SLEEP_NANOS = 50_000_000;

    /** Of real time: sooner no timer is exact. */
    private static final long MIN_GRID_NANOS = 1_000_000;

    private static final long MAX_GRID_NANOS = 20_000_000;

    private final EventLoop loop;
    private final ScrapeSettings settings;
    private final Pages pages;
    private final ScaledClock nanoClock;
    private final ScrapeCounts total;
    private final Bootstrap bootstrap;
    private final byte[] scratch = new byte[RECEIVE_BYTES];
    private final List<ScrapeTarget> targets = new ArrayList<>();
    private final AtomicBoolean woken = new AtomicBoolean();
    private final long origin;
    private final long gridNanos;
    private int joined;
    private boolean closed;

    ScrapeLoop(EventLoop loop, ScrapeSettings settings, Pages pages, LongSupplier nanoClock, ScrapeCounts total) {
        this.loop = loop;
        this.settings = settings;
        this.pages = pages;
        this.nanoClock = ScaledClock.of(nanoClock);
        this.total = total;
        origin = nanoClock.getAsLong();
        long leastGrid = this.nanoClock.nanosIn(MIN_GRID_NANOS);
        gridNanos = Math.clamp(
                settings.activeInterval().toNanos() / PageTimer.PHASES, leastGrid, Math.max(leastGrid, MAX_GRID_NANOS));
        bootstrap = new Bootstrap()
                .group(loop)
                .channel(Transport.of(loop).socket())
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.SO_KEEPALIVE, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int)
                        settings.connectTimeout().toMillis())
                .option(
                        ChannelOption.RCVBUF_ALLOCATOR,
                        new AdaptiveRecvByteBufAllocator(LEAST_RECEIVE_BYTES, RECEIVE_BYTES, RECEIVE_BYTES));
    }

    /** Begins to tick. */
    void start() {
        loop.execute(this::tick);
    }

    /** A target for that endpoint; {@link #add} makes it part of the loop. */
    ScrapeTarget target(Endpoint endpoint) {
        int phase = joined++ % PageTimer.PHASES;
        return new ScrapeTarget(
                endpoint,
                settings,
                pages,
                new PageTimer(settings, origin, phase, nanoClock.getAsLong()),
                (port, protocol, listener) -> conversation(endpoint, port, protocol, listener),
                nanoClock,
                total);
    }

    private Conversation conversation(
            Endpoint endpoint, int port, EngineProtocol protocol, Conversation.Listener listener) {
        var spec = endpoint.spec();
        var wiring = new Conversation.Wiring(loop, bootstrap, scratch, settings, nanoClock.nanosIn(settings.timeout()));
        var tls = pages.tls(spec, port);
        return protocol == EngineProtocol.H2C && tls == null
                ? new Http2Conversation(wiring, spec.address(), port, pages.key(spec), listener)
                : new Http1Conversation(wiring, spec.address(), port, tls, pages.key(spec), listener);
    }

    /** Has the target's list of models read anew; {@code answered} is run once it was, or cannot be. */
    void models(ScrapeTarget target, Runnable answered) {
        loop.execute(() -> target.readModels(nanoClock.getAsLong(), answered));
    }

    /** Has the target's list of models read anew when it may be. */
    void modelsSoon(ScrapeTarget target) {
        loop.execute(() -> target.readModelsSoon(nanoClock.getAsLong()));
    }

    /** Has the target asked where its KV events are when it may be. */
    void eventsSoon(ScrapeTarget target) {
        loop.execute(() -> target.readEventsSoon(nanoClock.getAsLong()));
    }

    void add(ScrapeTarget target) {
        loop.execute(() -> {
            if (!closed) {
                targets.add(target);
            }
        });
    }

    void follow(ScrapeTarget target, Endpoint changed) {
        loop.execute(() -> target.follow(changed));
    }

    void remove(ScrapeTarget target) {
        loop.execute(() -> {
            targets.remove(target);
            target.close();
        });
    }

    /** Looks at all targets soon; calls before that do nothing more. Any thread. */
    void wake() {
        if (!woken.get() && woken.compareAndSet(false, true)) {
            loop.execute(() -> {
                woken.set(false);
                sweep();
            });
        }
    }

    private void tick() {
        if (closed) {
            return;
        }
        long now = nanoClock.getAsLong();
        long due = Math.min(sweep(), now + MAX_SLEEP_NANOS);
        long slot = origin + Math.ceilDiv(due - origin, gridNanos) * gridNanos;
        long wait = nanoClock.realNanos(Math.max(0, slot - nanoClock.getAsLong()));
        var _ = loop.schedule(this::tick, wait, TimeUnit.NANOSECONDS);
    }

    private long sweep() {
        long now = nanoClock.getAsLong();
        long due = Long.MAX_VALUE;
        for (int i = 0; i < targets.size(); i++) {
            due = Math.min(due, targets.get(i).tick(now));
        }
        return due;
    }

    /** Ends all connections and ticks no more. */
    Runnable closing() {
        return () -> {
            closed = true;
            targets.forEach(ScrapeTarget::close);
            targets.clear();
        };
    }

    EventLoop eventLoop() {
        return loop;
    }
}
