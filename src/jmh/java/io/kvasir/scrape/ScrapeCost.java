package io.kvasir.scrape;

import com.sun.management.OperatingSystemMXBean;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.transport.Transport;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultithreadEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What reading many endpoints costs this process: {@code ScrapeCost [endpoints 100] [seconds 20] [loops 1]}. The page
 * servers run in a process of their own.
 */
public final class ScrapeCost {
    private static final int TURNS = 2;

    private ScrapeCost() {}

    /** Measures a fixed interval of 50 ms by either transport in turns, then the adaptive one with all endpoints idle. */
    public static void main(String... args) throws IOException, InterruptedException {
        int endpoints = args.length > 0 ? Integer.parseInt(args[0]) : 100;
        int seconds = args.length > 1 ? Integer.parseInt(args[1]) : 20;
        int loops = args.length > 2 ? Integer.parseInt(args[2]) : 1;
        var servers = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElse("java"),
                        "-Xmx256m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        PageServers.class.getName(),
                        String.valueOf(endpoints))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (var out = new BufferedReader(new InputStreamReader(servers.getInputStream(), StandardCharsets.US_ASCII))) {
            var ports = Arrays.stream(out.readLine().split(" ", -1))
                    .map(Integer::valueOf)
                    .toList();
            var specs = new ArrayList<EndpointSpec>();
            for (int port : ports) {
                specs.add(EndpointSpec.of("e" + port, "127.0.0.1", port));
            }
            var own = Epoll.isAvailable() ? Transport.EPOLL : Transport.NIO;
            var fixed = ScrapeSettings.fixed(Duration.ofMillis(50));
            for (int turn = 0; turn < TURNS; turn++) {
                measure("50 ms, " + Transport.NIO.code(), fixed, specs, seconds, Transport.NIO.loops(loops));
                measure("50 ms, " + own.code(), fixed, specs, seconds, own.loops(loops));
            }
            measure("adaptive, all idle", ScrapeSettings.adaptive(), specs, seconds, own.loops(loops));
        } finally {
            servers.getOutputStream().close();
            servers.destroy();
        }
    }

    private static void measure(
            String name, ScrapeSettings settings, List<EndpointSpec> specs, int seconds, EventLoopGroup group)
            throws InterruptedException {
        var os = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        var pool = new Pool(HardwareCatalogue.load());
        int loops = ((MultithreadEventLoopGroup) group).executorCount();
        try (var scraper = new Scraper(group, loops, settings, System::nanoTime)) {
            scraper.start(pool);
            pool.apply(specs);
            Thread.sleep(15_000);
            var counts = scraper.counts();
            long cpu = os.getProcessCpuTime();
            long wall = System.nanoTime();
            long pages = counts.pages();
            long bytes = counts.bytes();
            long read = counts.readNanos();
            long waited = counts.waitNanos();
            Thread.sleep(seconds * 1000L);
            cpu = os.getProcessCpuTime() - cpu;
            wall = System.nanoTime() - wall;
            pages = counts.pages() - pages;
            bytes = counts.bytes() - bytes;
            read = counts.readNanos() - read;
            waited = counts.waitNanos() - waited;
            System.out.printf(
                    "%-20s %d endpoints: %.3f core, %.0f pages/s of %.1f KB, %.1f µs CPU a page, of it parsing %.1f µs;"
                            + " waited %.2f ms a page; %d skipped, %d connections%n",
                    name,
                    specs.size(),
                    (double) cpu / wall,
                    pages * 1e9 / wall,
                    bytes / 1e3 / Math.max(1, pages),
                    cpu / 1e3 / Math.max(1, pages),
                    read / 1e3 / Math.max(1, pages),
                    waited / 1e6 / Math.max(1, pages),
                    counts.skipped(),
                    counts.connections());
        } finally {
            var _ = group.shutdownGracefully();
        }
    }
}
