package io.kvasir.scrape;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import io.kvasir.pool.EngineKind;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelOption;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * What one page costs by our own reader of HTTP answers and by Netty's codec, asked for and scanned in the same way: one
 * event loop, each endpoint once in 50 ms, a tenth of them at a time. The two take turns.
 */
final class ReaderCost {
    private static final int PHASES = 10;
    private static final long PHASE_NANOS = 5_000_000;
    private static final int RECEIVE_BYTES = 64 << 10;

    /** Makes conversations of one kind. */
    private interface Kind {
        Conversation make(Conversation.Wiring wiring, int port, Conversation.Listener listener);
    }

    private record Cost(double loopMicros, double processMicros, double allocated) {}

    private ReaderCost() {}

    /** Prints medians of the rounds, the first of each kind not counted. */
    static void measure(List<Integer> ports, int seconds, int rounds) throws InterruptedException {
        var own = new ArrayList<Cost>();
        var codec = new ArrayList<Cost>();
        for (int round = 0; round <= rounds; round++) {
            own.add(round(
                    ports,
                    seconds,
                    (wiring, port, listener) ->
                            new Http1Conversation(wiring, "127.0.0.1", port, null, null, listener)));
            codec.add(round(
                    ports,
                    seconds,
                    (wiring, port, listener) -> new CodecConversation(wiring, "127.0.0.1", port, listener)));
        }
        print("own reader", own);
        print("Netty's codec", codec);
    }

    private static void print(String name, List<Cost> costs) {
        System.out.printf(
                Locale.ROOT,
                "%-20s a page: %.1f µs CPU on its loop, %.1f µs of the process, %.0f bytes allocated%n",
                name,
                median(costs, Cost::loopMicros),
                median(costs, Cost::processMicros),
                median(costs, Cost::allocated));
    }

    private static double median(List<Cost> costs, Function<Cost, Double> figure) {
        var sorted = costs.stream().skip(1).map(figure).sorted().toList();
        return sorted.get(sorted.size() / 2);
    }

    private static Cost round(List<Integer> ports, int seconds, Kind kind) throws InterruptedException {
        var os = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        var group = new NioEventLoopGroup(1);
        var reading = new Reading(group, ports, kind);
        try {
            var thread = group.submit(() -> Thread.currentThread().threadId());
            reading.start();
            Thread.sleep(3_000);
            long id = thread.getNow();

            long pages = reading.pages;
            long loop = threads.getThreadCpuTime(id);
            long allocated = threads.getThreadAllocatedBytes(id);
            long process = os.getProcessCpuTime();
            Thread.sleep(seconds * 1000L);
            pages = reading.pages - pages;
            return new Cost(
                    (threads.getThreadCpuTime(id) - loop) / 1e3 / pages,
                    (os.getProcessCpuTime() - process) / 1e3 / pages,
                    (double) (threads.getThreadAllocatedBytes(id) - allocated) / pages);
        } finally {
            var _ = group.shutdownGracefully(0, 1, TimeUnit.SECONDS).await(5_000);
        }
    }

    /** All endpoints, on one loop. */
    private static final class Reading {
        private final NioEventLoopGroup group;
        private final Conversation[] conversations;
        private int phase;
        private volatile long pages;

        Reading(NioEventLoopGroup group, List<Integer> ports, Kind kind) {
            this.group = group;
            var bootstrap = new Bootstrap()
                    .group(group)
                    .channel(NioSocketChannel.class)
                    .option(ChannelOption.TCP_NODELAY, true)
                    .option(ChannelOption.RCVBUF_ALLOCATOR, new ReusedReceiveBuffer(RECEIVE_BYTES));
            var wiring = new Conversation.Wiring(
                    group.next(), bootstrap, new byte[RECEIVE_BYTES], ScrapeSettings.fixed(Duration.ofMillis(50)));
            conversations = ports.stream()
                    .map(port -> {
                        var conversation = kind.make(wiring, port, new Page());
                        conversation.path(ProbeKind.PAGE, "/metrics");
                        return conversation;
                    })
                    .toArray(Conversation[]::new);
        }

        void start() {
            var _ = group.next().scheduleAtFixedRate(this::askNext, 0, PHASE_NANOS, TimeUnit.NANOSECONDS);
        }

        private void askNext() {
            phase = (phase + 1) % PHASES;
            long now = System.nanoTime();
            for (int i = phase; i < conversations.length; i += PHASES) {
                if (conversations[i].idle()) {
                    conversations[i].ask(ProbeKind.PAGE, now);
                }
            }
        }

        /** Reads one endpoint's pages to their figures. */
        private final class Page implements Conversation.Listener {
            private final StatsReader stats = new StatsReader(EngineMetrics.of(EngineKind.VLLM));
            private final MetricsPageScanner scanner =
                    new MetricsPageScanner(EngineMetrics.of(EngineKind.VLLM).families(), stats);

            Page() {
                begin();
            }

            private void begin() {
                stats.begin();
                scanner.begin();
            }

            @Override
            public void body(ProbeKind kind, byte[] bytes, int offset, int length) {
                scanner.feed(bytes, offset, length);
            }

            @Override
            @SuppressWarnings("NonAtomicVolatileUpdate") // written by one event loop only
            public void answered(ProbeKind kind, int status, long bodyBytes, long askedNanos) {
                scanner.end();
                if (stats.stats(askedNanos).running() >= 0) {
                    pages++;
                }
                begin();
            }

            @Override
            public void failed(ProbeKind kind, ScrapeFailure why) {
                throw new IllegalStateException(why.name());
            }

            @Override
            public void connected() {}

            @Override
            public void read(long nanos) {}
        }
    }
}
