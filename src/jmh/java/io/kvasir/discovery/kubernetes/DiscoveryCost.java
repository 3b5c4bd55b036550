package io.kvasir.discovery.kubernetes;

import io.kvasir.discovery.hardware.HardwareLabels;
import io.kvasir.discovery.hardware.HardwareReports;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.traffic.TrafficRules;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What it costs to follow a pool of many pods: a full list, a change that matters, one that does not, and nothing at all.
 * A program, not a JMH benchmark, since the parts run on threads of their own. Times are CPU of the whole process, the
 * server's writing of answers that it made beforehand included. First argument: number of pods, 1,000 by default.
 */
public final class DiscoveryCost {
    private static final int ROUNDS = 30;
    private static final Duration IDLE = Duration.ofSeconds(20);

    private final PodServer server;

    private DiscoveryCost(PodServer server) {
        this.server = server;
    }

    /** Prints the costs. */
    public static void main(String[] args) throws Exception {
        new DiscoveryCost(new PodServer(args.length > 0 ? Integer.parseInt(args[0]) : 1_000)).run();
        System.exit(0);
    }

    private void run() throws Exception {
        var hardware = new HardwareReports(HardwareLabels.load(HardwareCatalogue.load()));
        var pool = new Pool(HardwareCatalogue.load());
        try (var client = server.client();
                var discovery = new KubernetesDiscovery(
                        client,
                        DiscoverySettings.pods("llm", "app=vllm", List.of(8000)),
                        pool,
                        new TrafficRules(),
                        hardware)) {
            discovery.start();
            while (!discovery.synced()) {
                Thread.sleep(1);
            }
            System.out.printf(
                    "%d pods of %d bytes each, %d endpoints%n",
                    server.pods(), server.podBytes(), pool.snapshot().size());
            resyncs(discovery);
            changes(discovery, "a change that makes no difference", false);
            changes(discovery, "a pod that becomes ready or not", true);
            long cpu = cpu();
            Thread.sleep(IDLE.toMillis());
            System.out.printf("nothing happens: %.2f ms CPU per second%n", (cpu() - cpu) / 1e6 / IDLE.toSeconds());
        }
    }

    /** Each round ends the watch with 410 and waits for the list that follows. */
    private void resyncs(KubernetesDiscovery discovery) throws InterruptedException {
        var counts = discovery.counts().stream("pods");
        var wall = new ArrayList<Double>();
        var cpus = new ArrayList<Double>();
        var watch = server.watches.take();
        for (int i = 0; i < ROUNDS; i++) {
            long cpu = cpu();
            long nanos = counts.resyncNanos();
            long before = counts.resyncs();
            PodServer.expire(watch);
            watch = server.watches.take();
            while (counts.resyncs() == before) {
                Thread.sleep(1);
            }
            wall.add((counts.resyncNanos() - nanos) / 1e6);
            cpus.add((cpu() - cpu) / 1e6);
        }
        server.watches.add(watch);
        System.out.printf(
                "full list: first %.0f ms, then median %.0f ms, %.0f ms CPU%n",
                wall.getFirst(), median(wall), median(cpus));
    }

    private void changes(KubernetesDiscovery discovery, String what, boolean matters) throws InterruptedException {
        var counts = discovery.counts();
        var watch = server.watches.take();
        var same = server.events(true);
        var unready = server.events(false);
        for (int round = 0; round < ROUNDS; round++) {
            long seen = counts.stream("pods").events();
            long applied = counts.applied();
            long nanos = counts.applyNanos();
            long cpu = cpu();
            (matters && round % 2 == 0 ? unready : same).forEach(watch::send);
            while (counts.stream("pods").events() < seen + server.pods()) {
                Thread.sleep(1);
            }
            Thread.sleep(200);
            if (round >= ROUNDS - 2) {
                System.out.printf(
                        "%s: %.0f us CPU each, sending included; %d lists of endpoints made, %.2f ms each%n",
                        what,
                        (cpu() - cpu) / 1e3 / server.pods(),
                        counts.applied() - applied,
                        (counts.applyNanos() - nanos) / 1e6 / Math.max(1, counts.applied() - applied));
            }
        }
        server.watches.add(watch);
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
    }

    private static long cpu() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }
}
