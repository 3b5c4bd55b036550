package io.kvasir.scrape;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.testing.Loops;
import io.netty.channel.EventLoopGroup;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** A pool of one endpoint that is read, with an event loop of its own. */
final class ReadPool implements AutoCloseable {
    final Pool pool = new Pool(HardwareCatalogue.load());
    private final EventLoopGroup group = Loops.of(1);
    private @Nullable Scraper scraper;

    /** Begins to read that endpoint. */
    Endpoint start(ScrapeSettings settings, EngineAccess access, LongSupplier nanoClock, EndpointSpec spec) {
        var made = new Scraper(group, 1, settings, access, nanoClock);
        scraper = made;
        made.start(pool);
        pool.apply(List.of(spec));
        return pool.snapshot().at(0);
    }

    /** What reads it; only after {@link #start}. */
    Scraper scraper() {
        return Objects.requireNonNull(scraper);
    }

    @Override
    public void close() {
        if (scraper != null) {
            scraper.close();
        }
        var _ = group.shutdownGracefully(0, 0, TimeUnit.SECONDS);
    }
}
