package io.kvasir.kvevents;

import io.kvasir.pool.PolledAddress;
import io.kvasir.prefix.PreciseView;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Collection;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Reads the events of endpoints whose engines keep them until somebody does. For the thread that follows them. */
final class EventReadings implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("io.kvasir.kvevents");
    private static final Duration CONNECTING = Duration.ofSeconds(1);

    private final PreciseView view;
    private final KvEventSettings settings;
    private final EventCounts counts;
    private final Executor thread;
    private final LongSupplier nanoClock;
    private @Nullable HttpClient http;

    /** @param thread runs on the thread that follows endpoints */
    EventReadings(
            PreciseView view, KvEventSettings settings, EventCounts counts, Executor thread, LongSupplier nanoClock) {
        this.view = view;
        this.settings = settings;
        this.counts = counts;
        this.thread = thread;
        this.nanoClock = nanoClock;
    }

    /** Reads where it is time to. */
    void poll(Collection<Followed> followed) {
        long now = nanoClock.getAsLong();
        for (Followed known : followed) {
            var page = known.page;
            if (page == null || known.endpoint.baseModel() == null) {
                continue;
            }
            var source = known.polled;
            if (source == null) {
                source = source(known, page, now);
                known.polled = source;
            }
            if (source.isDue(now)) {
                read(known, source, now);
            }
        }
    }

    private PolledSource source(Followed known, PolledAddress page, long now) {
        var spec = known.endpoint.spec();
        return new PolledSource(
                http(),
                page.at(spec.address(), spec.port()),
                spec.apiKey() == null ? settings.key() : spec.apiKey(),
                TimeUnit.MILLISECONDS.toNanos(page.intervalMillis()),
                rank -> rank(known, page, rank),
                counts,
                now);
    }

    private PolledRank rank(Followed known, PolledAddress page, int rank) {
        String model = Objects.requireNonNullElse(known.endpoint.baseModel(), "");
        var cache = view.cache(known.endpoint.tenancy(), rank, model, false);
        return new PolledRank(cache, counts, known.endpoint.kvTokens(), page.blockTokens());
    }

    private HttpClient http() {
        var known = http;
        if (known == null) {
            known = HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(CONNECTING)
                    .build();
            http = known;
        }
        return known;
    }

    private void read(Followed known, PolledSource source, long now) {
        var asked = source.ask(now);
        var _ = asked.whenComplete((answer, failure) -> {
            thread.execute(() -> concluded(known, source, answer, failure));
        });
    }

    private void concluded(
            Followed known, PolledSource source, @Nullable HttpResponse<byte[]> answer, @Nullable Throwable failure) {
        if (known.left) {
            return;
        }
        long now = nanoClock.getAsLong();
        if (answer == null) {
            source.failed(failure, now);
        } else {
            source.answered(answer.statusCode(), answer.body(), now);
        }
        if (source.isShared() && !known.shared) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "KV events of endpoint {0} are missing again and again: somebody else reads them too, and each reading"
                            + " takes them away, or its engine keeps too few (event_buffer_max_size)",
                    known.endpoint.spec().name());
        }
        known.shared = source.isShared();
    }

    @Override
    public void close() {
        if (http != null) {
            http.shutdownNow();
        }
    }
}
