package io.kvasir.load;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.net.URI;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.HdrHistogram.Histogram;

/**
 * Sends streamed chat completions and measures the answers, all on one event loop of its own: it shares the machine
 * with what it measures. Connections are kept alive and there are as many as there are requests in flight.
 */
final class LoadClient implements AutoCloseable, Sender {
    private static final long LONGEST_GAP_NANOS = 3_600_000_000_000L;
    private static final int MOST_CONNECTIONS = 20_000;

    private final Vertx vertx;
    private final Context loop;
    private final HttpClient http;
    private final RequestOptions options;
    private final LongSupplier nanoClock;
    private final Set<TimedRequest> open = new LinkedHashSet<>();
    private final Histogram gaps = new Histogram(1_000, LONGEST_GAP_NANOS, 2);
    private Consumer<Sample> listener = _ -> {};
    private boolean abandoned;

    /**
     * A client of one router or engine.
     *
     * @param target its base URL, {@code http://host:port}
     * @param nanoClock the time that answers are measured by, in nanoseconds
     */
    LoadClient(URI target, LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
        vertx = Vertx.vertx(new VertxOptions()
                .setEventLoopPoolSize(1)
                .setWorkerPoolSize(1)
                .setInternalBlockingPoolSize(1)
                .setFileSystemOptions(new FileSystemOptions()
                        .setClassPathResolvingEnabled(false)
                        .setFileCachingEnabled(false)));
        loop = vertx.getOrCreateContext();
        http = vertx.createHttpClient(new HttpClientOptions()
                .setMaxPoolSize(MOST_CONNECTIONS)
                .setKeepAliveTimeout(600)
                .setTcpNoDelay(true)
                .setConnectTimeout(10_000));
        var path = target.getPath() == null ? "" : target.getPath().replaceAll("/+$", "");
        options = new RequestOptions()
                .setMethod(HttpMethod.POST)
                .setHost(target.getHost())
                .setPort(target.getPort() < 0 ? 80 : target.getPort())
                .setURI(path + "/v1/chat/completions")
                .putHeader("content-type", "application/json");
    }

    /** Sets who is told of each request's end, on the event loop; before the first is sent. */
    void onSample(Consumer<Sample> newListener) {
        onLoopAndWait(() -> listener = newListener);
    }

    @Override
    public void send(int index, TraceRequest request, long intendedNanos, byte[] body) {
        loop.runOnContext(_ -> {
            var timed = new TimedRequest(index, request, intendedNanos, this);
            open.add(timed);
            timed.start(http, options, body);
            if (abandoned) {
                timed.abandon();
            }
        });
    }

    /** Gives up whatever is in flight; its samples say unfinished. Returns when all have been told. */
    void abandon() {
        onLoopAndWait(() -> {
            abandoned = true;
            for (var timed : Set.copyOf(open)) {
                timed.abandon();
            }
        });
    }

    /** Times between events with content since the last call or the start, in nanoseconds. */
    Histogram takeGaps() {
        var taken = new Histogram[1];
        onLoopAndWait(() -> {
            taken[0] = gaps.copy();
            gaps.reset();
        });
        return taken[0];
    }

    private void onLoopAndWait(Runnable action) {
        var ran = new CountDownLatch(1);
        loop.runOnContext(_ -> {
            action.run();
            ran.countDown();
        });
        try {
            ran.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    long now() {
        return nanoClock.getAsLong();
    }

    void gap(long nanos) {
        gaps.recordValue(Math.clamp(nanos, 0, LONGEST_GAP_NANOS));
    }

    void ended(TimedRequest timed, Sample sample) {
        open.remove(timed);
        listener.accept(sample);
    }

    @Override
    public void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }
}
