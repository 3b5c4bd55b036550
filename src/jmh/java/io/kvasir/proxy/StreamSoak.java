package io.kvasir.proxy;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.kvasir.sim.SimulatedPool;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Streams through a proxy over a simulated pool for a while and checks that each one is complete and that nothing is left
 * behind. Arguments: streams at a time (500), seconds (60), tokens of an answer (200), simulated seconds per second (0.5).
 * Everything runs in this process; the proxy's CPU is that of its event loops alone, so without garbage collection and
 * compilation.
 */
public final class StreamSoak {
    private static final byte[] END = "data: [DONE]\n\n".getBytes(US_ASCII);

    private final HttpClient client;
    private final int port;
    private final int tokens;
    private final long untilNanos;
    private final CountDownLatch running;
    private final AtomicLong complete = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong number = new AtomicLong();

    private StreamSoak(HttpClient client, int port, int tokens, long untilNanos, int streams) {
        this.client = client;
        this.port = port;
        this.tokens = tokens;
        this.untilNanos = untilNanos;
        running = new CountDownLatch(streams);
    }

    /** Runs; exits with 1 if a stream failed or something is left. */
    public static void main(String[] args) throws Exception {
        int streams = args.length > 0 ? Integer.parseInt(args[0]) : 500;
        int seconds = args.length > 1 ? Integer.parseInt(args[1]) : 60;
        int tokens = args.length > 2 ? Integer.parseInt(args[2]) : 200;
        double timeScale = args.length > 3 ? Double.parseDouble(args[3]) : 0.5;
        boolean good;
        try (var engines = SimulatedPool.builder()
                        .pool("h200=2,mi350x=2")
                        .timeScale(timeScale)
                        .eventLoops(1)
                        .start();
                var proxy = new ProxyFixture(ProxyFixture.SETTINGS, ProxyFixture.specs(engines))) {
            var vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
            var client = vertx.createHttpClient(
                    new HttpClientOptions().setMaxChunkSize(65_536), new PoolOptions().setHttp1MaxSize(streams));
            long start = System.nanoTime();
            var soak = new StreamSoak(client, proxy.port(), tokens, start + TimeUnit.SECONDS.toNanos(seconds), streams);
            for (int i = 0; i < streams; i++) {
                soak.next();
            }
            TimeUnit.SECONDS.sleep(Math.min(10, seconds / 2));
            long chunks = proxy.counts().chunks();
            long writes = proxy.counts().writes();
            long from = System.nanoTime();
            long cpu = proxy.eventLoopCpuNanos();
            soak.running.await();
            double wall = (System.nanoTime() - from) / 1e9;
            chunks = proxy.counts().chunks() - chunks;
            writes = proxy.counts().writes() - writes;
            cpu = proxy.eventLoopCpuNanos() - cpu;
            good = soak.report(proxy);
            System.out.printf(
                    Locale.ROOT,
                    "after warm-up: %.0f chunks/s in %.0f writes/s, %.1f us of CPU per chunk, %.2f cores%n",
                    chunks / wall,
                    writes / wall,
                    cpu / 1e3 / Math.max(1, chunks),
                    cpu / 1e9 / wall);
            client.close().toCompletionStage().toCompletableFuture().join();
            vertx.close().toCompletionStage().toCompletableFuture().join();
        }
        System.exit(good ? 0 : 1);
    }

    private boolean report(ProxyFixture proxy) {
        proxy.assertNothingHeld();
        System.out.printf(
                Locale.ROOT,
                "%d streams complete, %d failed, %d MB; proxy: 2xx %d, 4xx %d, 5xx %d, retries %d, resends %d; left: %d in"
                        + " flight, %d bytes%n",
                complete.get(),
                failed.get(),
                bytes.get() >> 20,
                proxy.counts().answered(2),
                proxy.counts().answered(4),
                proxy.counts().answered(5),
                proxy.counts().connectRetries(),
                proxy.counts().staleResends(),
                proxy.counts().inFlight(),
                proxy.counts().bufferedBytes());
        System.out.printf(
                Locale.ROOT,
                "process CPU %.0f s%n",
                ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                                .getProcessCpuTime()
                        / 1e9);
        return failed.get() == 0 && complete.get() > 0;
    }

    private void next() {
        if (System.nanoTime() > untilNanos) {
            running.countDown();
            return;
        }
        var body = Buffer.buffer("{\"messages\":[{\"role\":\"user\",\"content\":\"" + "prompt ".repeat(200)
                + number.incrementAndGet() + "\"}],\"stream\":true,\"ignore_eos\":true,\"max_tokens\":" + tokens
                + ",\"stream_options\":{\"include_usage\":true}}");
        client.request(new RequestOptions()
                        .setMethod(HttpMethod.POST)
                        .setHost("127.0.0.1")
                        .setPort(port)
                        .setURI("/v1/chat/completions"))
                .compose(request -> request.send(body))
                .onFailure(this::fail)
                .onSuccess(response -> {
                    var tail = new Tail();
                    response.handler(tail::add);
                    response.exceptionHandler(this::fail);
                    response.endHandler(v -> {
                        bytes.addAndGet(tail.length);
                        if (response.statusCode() == 200 && tail.endsWell()) {
                            complete.incrementAndGet();
                            next();
                        } else {
                            fail(new IllegalStateException("status " + response.statusCode() + ", incomplete"));
                        }
                    });
                });
    }

    private void fail(Throwable why) {
        if (failed.incrementAndGet() <= 5) {
            System.out.println("failed: " + why);
        }
        running.countDown();
    }

    /** The last bytes of a stream. */
    private static final class Tail {
        private final byte[] last = new byte[END.length];
        private long length;

        void add(Buffer chunk) {
            int n = Math.min(chunk.length(), last.length);
            System.arraycopy(last, n, last, 0, last.length - n);
            chunk.getBytes(chunk.length() - n, chunk.length(), last, last.length - n);
            length += chunk.length();
        }

        boolean endsWell() {
            return java.util.Arrays.equals(last, END);
        }
    }
}
