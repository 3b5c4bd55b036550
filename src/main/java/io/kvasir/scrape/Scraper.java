package io.kvasir.scrape;

import io.kvasir.clock.ScaledClock;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.Pool;
import io.kvasir.pool.PoolListener;
import io.netty.channel.EventLoopGroup;
import java.util.Arrays;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the pool's endpoints told of: their metrics pages, health and models, read from each over a kept-alive
 * connection for as long as it is in the pool. Endpoints that work are read often, idle ones seldom, and these again
 * when {@link #refreshSoon} says that it matters.
 *
 * <p>Reading a page takes some tens of µs on an event loop. One loop serves hundreds of endpoints; more loops cost more,
 * since fewer answers are handled at a wake-up.
 */
public final class Scraper implements PoolListener, AutoCloseable {
    /** A target and the loop it is read on. */
    private record Place(ScrapeTarget target, ScrapeLoop loop) {}

    private static final long MOST_MILLIS_TO_CLOSE = 3_000;

    private final ScrapeLoop[] loops;
    private final ScrapeCounts total = new ScrapeCounts();
    private final ModelRefresh models;
    private volatile @Nullable Place[] byOrdinal = new Place[0];
    private int joined;

    /**
     * @param group NIO event loops to read on
     * @param loops how many of them to use, 1 or more
     * @param nanoClock the pool's clock, such as {@code System::nanoTime}; intervals and ages are measured by it, timeouts
     *     of sockets by the machine's where it is a {@link ScaledClock}
     */
    public Scraper(EventLoopGroup group, int loops, ScrapeSettings settings, LongSupplier nanoClock) {
        this(group, loops, settings, EngineAccess.DEFAULT, nanoClock);
    }

    /**
     * One that gets at pages as an operator says.
     *
     * @throws IllegalArgumentException where the operator's sources name no families
     */
    public Scraper(
            EventLoopGroup group, int loops, ScrapeSettings settings, EngineAccess access, LongSupplier nanoClock) {
        var pages = new Pages(access);
        this.loops = IntStream.range(0, loops)
                .mapToObj(_ -> new ScrapeLoop(group.next(), settings, pages, nanoClock, total))
                .toArray(ScrapeLoop[]::new);
        models = new ModelRefresh(this::readModels, this.loops[0].eventLoop(), nanoClock);
    }

    /** Begins to read the pool's endpoints, those that are there and those that come. */
    public void start(Pool pool) {
        for (ScrapeLoop loop : loops) {
            loop.start();
        }
        pool.listen(this);
    }

    /**
     * Asks for a page of an endpoint whose last one is too old to be preferred by. Cheap, from any thread, at any rate:
     * calls before the page is asked for count as one, and so do those that follow within the refresh age. Endpoints
     * that fail are not asked sooner.
     */
    public void refreshSoon(Endpoint endpoint) {
        var place = place(endpoint);
        if (place != null && place.target.wants()) {
            place.loop.wake();
        }
    }

    /**
     * Has all lists of models read anew, at most once a second: the engines that are up and whose lists could be read so
     * far are asked. From any thread.
     *
     * @param done run once, on any thread, when all have answered or after {@value ModelRefresh#MOST_MILLIS} ms
     * @return false where the lists are new and nothing is done; {@code done} then is not run
     */
    public boolean refreshModels(Runnable done) {
        return models.refresh(done);
    }

    /** Has one endpoint's list of models read anew, within a second. From any thread, at any rate. */
    public void refreshModels(Endpoint endpoint) {
        var place = place(endpoint);
        if (place != null) {
            place.loop.modelsSoon(place.target);
        }
    }

    /** Has one endpoint's engine asked again where its KV events are, within a second. From any thread, at any rate. */
    public void refreshEventSources(Endpoint endpoint) {
        var place = place(endpoint);
        if (place != null) {
            place.loop.eventsSoon(place.target);
        }
    }

    private void readModels(Runnable answered, IntConsumer asked) {
        var places = byOrdinal;
        int count = 0;
        for (var place : places) {
            count += place == null ? 0 : 1;
        }
        asked.accept(count);
        for (var place : places) {
            if (place != null) {
                place.loop.models(place.target, answered);
            }
        }
    }

    /** Cost and failures over all endpoints since start. */
    public ScrapeCounts counts() {
        return total;
    }

    /** Cost and failures of one endpoint since it joined; null if it is not read. */
    public @Nullable ScrapeCounts counts(Endpoint endpoint) {
        var place = place(endpoint);
        return place == null ? null : place.target.counts();
    }

    /** Where that replica is read; null where it is not, be it that its ordinal is another's by now. */
    private @Nullable Place place(Endpoint endpoint) {
        var places = byOrdinal;
        var place = endpoint.ordinal() < places.length ? places[endpoint.ordinal()] : null;
        return place != null && place.target.endpoint().replica() == endpoint.replica() ? place : null;
    }

    @Override
    public void added(Endpoint endpoint) {
        read(endpoint, loops[joined++ % loops.length]);
    }

    private void read(Endpoint endpoint, ScrapeLoop loop) {
        var target = loop.target(endpoint);
        put(endpoint.ordinal(), new Place(target, loop));
        loop.add(target);
    }

    @Override
    public void changed(Endpoint before, Endpoint after) {
        var place = byOrdinal[after.ordinal()];
        if (place == null) {
            return;
        }
        if (place.target.fits(after)) {
            place.loop.follow(place.target, after);
        } else {
            // on the same loop, so that nothing the old way said comes after the new
            place.loop.remove(place.target);
            read(after, place.loop);
        }
    }

    @Override
    public void removed(Endpoint endpoint) {
        var place = byOrdinal[endpoint.ordinal()];
        put(endpoint.ordinal(), null);
        if (place != null) {
            place.loop.remove(place.target);
        }
    }

    /** Pool changes come one at a time, so that copying is safe. */
    private void put(int ordinal, @Nullable Place place) {
        var places = byOrdinal;
        var copy = Arrays.copyOf(places, Math.max(places.length, ordinal + 1));
        copy[ordinal] = place;
        byOrdinal = copy;
    }

    /** Ends all connections; waits for that unless called on an event loop. */
    @Override
    public void close() {
        for (ScrapeLoop loop : loops) {
            if (loop.eventLoop().isShuttingDown()) {
                continue;
            }
            var done = loop.eventLoop().submit(loop.closing());
            if (!loop.eventLoop().inEventLoop()) {
                var _ = done.awaitUninterruptibly(MOST_MILLIS_TO_CLOSE);
            }
        }
    }
}
