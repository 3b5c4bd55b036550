package io.kvasir.discovery.kubernetes;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.kvasir.failure.FailureText;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One kind of object, listed once and then followed by watches, for as long as the stream is open. A watch goes on from
 * the version of the last object that was handed on, so nothing is missed between two of them; where that version is no
 * longer kept (410) everything is listed again. While the API server fails, the sink keeps what it was told last.
 *
 * <p>Of several sources the first that can be listed is followed; the ones before it are tried again each time a watch
 * ends. One that was listed before is not given up at the first refusal: a server that starts refuses what it will allow a
 * moment later.
 *
 * @param <T> the object as the API has it
 * @param <F> the facts of it that matter
 */
final class ObjectStream<T extends HasMetadata, F> implements AutoCloseable {
    /** A watch that ended sooner, without an event, counts as failed. */
    private static final Duration SHORT = Duration.ofSeconds(5);

    /** Failed watches in a row, by a server that is up, after which everything is listed again. */
    private static final int WATCHES_BEFORE_RESYNC = 3;

    private static final Duration LOG_AGAIN = Duration.ofMinutes(1);
    private static final long PAGE = 500;
    private static final Logger LOG = Logger.getLogger(ObjectStream.class);

    /** Waits, in a way that tests can replace. */
    interface Pause {
        void millis(long millis) throws InterruptedException;
    }

    private final List<ObjectSource<T>> sources;
    private final Function<T, F> facts;
    private final ObjectSink<F> sink;
    private final boolean optional;
    private final StreamCounts counts;
    private final StreamTimes times;
    private final LongSupplier nanos;
    private final Pause pause;
    private final Object handing = new Object();
    private final Thread thread;
    private volatile boolean closed;
    private @Nullable Following current;
    private @Nullable String version;
    private int source;
    private int failures;
    private final boolean[] listed;
    private boolean settled;
    private long failingSince;
    private @Nullable Long refusedSince;
    private long loggedAt;
    private boolean logged;
    private boolean toldFailing;
    private boolean toldOff;

    /**
     * A stream that does nothing before {@link #open}.
     *
     * @param sources one or more, the best first
     * @param facts cuts an object down; what it throws counts the object as malformed and passes it over
     * @param optional whether a kind that is missing or forbidden is switched off rather than failing
     */
    ObjectStream(
            List<ObjectSource<T>> sources,
            Function<T, F> facts,
            ObjectSink<F> sink,
            boolean optional,
            StreamCounts counts,
            StreamTimes times,
            LongSupplier nanos,
            Pause pause) {
        this.sources = List.copyOf(sources);
        listed = new boolean[sources.size()];
        this.facts = facts;
        this.sink = sink;
        this.optional = optional;
        this.counts = counts;
        this.times = times;
        this.nanos = nanos;
        this.pause = pause;
        thread = Thread.ofVirtual().name("kubernetes-" + counts.kind()).unstarted(this::run);
    }

    ObjectStream<T, F> open() {
        thread.start();
        return this;
    }

    private void run() {
        while (!closed) {
            long wait = 0;
            try {
                if (version == null) {
                    resync();
                }
                follow();
                failures = 0;
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                if (closed) {
                    return;
                }
                wait = failed(WatchFailure.of(e), e);
                settle();
            }
            try {
                if (wait > 0) {
                    pause.millis(wait);
                }
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void resync() {
        for (int i = 0; i < sources.size(); i++) {
            try {
                resync(sources.get(i));
                source = i;
                listed[i] = true;
                refusedSince = null;
                return;
            } catch (RuntimeException e) {
                var reason = WatchFailure.of(e);
                if (i == sources.size() - 1 || !off(i, reason)) {
                    throw e;
                }
                counts.failed(reason);
            }
        }
    }

    /** Whether a source is not to be had, as opposed to refused by a server that has just started. */
    private boolean off(int index, WatchFailure reason) {
        if (!reason.off()) {
            return false;
        }
        long now = nanos.getAsLong();
        if (refusedSince == null) {
            refusedSince = now;
        }
        return !listed[index] || now - refusedSince >= times.doubt().toNanos();
    }

    private void resync(ObjectSource<T> from) {
        long start = nanos.getAsLong();
        var all = new ArrayList<F>();
        String next = null;
        String at;
        do {
            var page = from.list(
                    new ListOptionsBuilder().withLimit(PAGE).withContinue(next).build());
            for (T object : page.getItems()) {
                var some = understood(object);
                if (some != null) {
                    all.add(some);
                }
            }
            at = page.getMetadata().getResourceVersion();
            next = page.getMetadata().getContinue();
        } while (next != null && !next.isEmpty());
        synchronized (handing) {
            if (closed) {
                return;
            }
            sink.replaced(all);
            version = at;
        }
        counts.resynced(nanos.getAsLong() - start);
        settle();
    }

    private @Nullable F understood(T object) {
        try {
            return facts.apply(object);
        } catch (RuntimeException e) {
            counts.misunderstood();
            LOG.debugf(
                    e, "%s %s: passed over", counts.kind(), object.getMetadata().getName());
            return null;
        }
    }

    private void follow() throws InterruptedException {
        var following = new Following();
        synchronized (handing) {
            if (closed) {
                return;
            }
            current = following;
        }
        long opened = nanos.getAsLong();
        boolean ended;
        try (var _ = sources.get(source).watch(options(), following)) {
            healthy();
            ended = following.ended.await(patience(), TimeUnit.MILLISECONDS);
        } finally {
            synchronized (handing) {
                current = null;
            }
        }
        boolean lived = !ended || following.events > 0 || nanos.getAsLong() - opened >= SHORT.toNanos();
        if (lived) {
            failures = 0;
        }
        var cause = following.cause;
        if (cause != null && (cause.isHttpGone() || cause.getCause() != null)) {
            // whatever cannot be read comes again on every watch from the same version
            version = null;
            throw cause.asClientException();
        }
        if (!lived) {
            // of a connection that was refused the client says only that the watch ended
            sources.get(source).list(new ListOptionsBuilder().withLimit(1L).build());
            throw new EndedException();
        }
        refusedSince = null;
        if (source > 0) {
            version = null;
        }
    }

    /** Milliseconds after which a watch is given up that its server did not end as asked. */
    private long patience() {
        return watchTime().toMillis() * 11 / 10;
    }

    /** A source that another one goes before is left soon, to look for the better one. */
    private Duration watchTime() {
        return source > 0 && times.recheck().compareTo(times.watch()) < 0 ? times.recheck() : times.watch();
    }

    private ListOptions options() {
        return new ListOptionsBuilder()
                .withResourceVersion(version)
                .withAllowWatchBookmarks(true)
                .withTimeoutSeconds(Math.max(1, watchTime().toSeconds()))
                .build();
    }

    private void healthy() {
        counts.watching();
        toldOff = false;
        if (toldFailing) {
            toldFailing = false;
            LOG.infof("%s: followed again after %d s", name(), (nanos.getAsLong() - failingSince) / 1_000_000_000);
        }
    }

    /** Notes a failure; milliseconds to wait. */
    private long failed(WatchFailure reason, RuntimeException failure) {
        counts.failed(reason);
        failures++;
        if (!reason.off()) {
            refusedSince = null;
        }
        if (!reason.serverDown() && (reason == WatchFailure.GONE || failures % WATCHES_BEFORE_RESYNC == 0)) {
            version = null;
        }
        if (optional && off(source, reason)) {
            version = null;
            failures = 0;
            counts.switchedOff(reason);
            if (!toldOff) {
                toldOff = true;
                LOG.infof("%s: %s, going without; looked for again", name(), reason.code());
            }
            return times.recheck().toMillis();
        }
        if (reason == WatchFailure.GONE && failures == 1) {
            return 0;
        }
        long now = nanos.getAsLong();
        if (failures == 1) {
            failingSince = now;
        }
        // a watch that just ended is the first sign of an outage, and the next try tells why
        boolean known = reason != WatchFailure.ENDED || failures >= WATCHES_BEFORE_RESYNC;
        if (known && (!logged || now - loggedAt >= LOG_AGAIN.toNanos())) {
            logged = true;
            loggedAt = now;
            toldFailing = true;
            LOG.warnf("%s: %s, tried again: %s", name(), reason.code(), firstLine(failure));
        }
        return times.millis(failures, ThreadLocalRandom.current().nextDouble());
    }

    private String name() {
        return sources.get(source).name();
    }

    private static String firstLine(RuntimeException failure) {
        if (failure instanceof KubernetesClientException refused
                && refused.getStatus() != null
                && refused.getStatus().getMessage() != null) {
            return refused.getStatus().getMessage();
        }
        return FailureText.of(failure);
    }

    private void settle() {
        if (!settled) {
            settled = true;
            synchronized (handing) {
                if (!closed) {
                    sink.settled();
                }
            }
        }
    }

    /** Ends the stream; the sink hears nothing more once this returns. */
    @Override
    public void close() {
        synchronized (handing) {
            closed = true;
            current = null;
        }
        thread.interrupt();
    }

    /** A watch in progress. Events of one that is over are dropped: the next watch brings them again. */
    private final class Following implements Watcher<T> {
        private final CountDownLatch ended = new CountDownLatch(1);
        private volatile @Nullable WatcherException cause;
        private volatile int events;

        @Override
        public void eventReceived(Action action, T object) {
            synchronized (handing) {
                if (current != this) {
                    return;
                }
                events++;
                version = object.getMetadata().getResourceVersion();
                switch (action) {
                    case ADDED, MODIFIED -> {
                        counts.event();
                        var some = understood(object);
                        if (some != null) {
                            sink.put(some);
                        }
                    }
                    case DELETED -> {
                        counts.event();
                        sink.removed(object.getMetadata().getName());
                    }
                    case BOOKMARK, ERROR -> {}
                }
            }
        }

        @Override
        public void onClose(WatcherException cause) {
            this.cause = cause;
            ended.countDown();
        }

        @Override
        public void onClose() {
            ended.countDown();
        }
    }
}
