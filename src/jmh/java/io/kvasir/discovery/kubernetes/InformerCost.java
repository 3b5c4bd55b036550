package io.kvasir.discovery.kubernetes;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodList;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.FilterWatchListDeletable;
import io.fabric8.kubernetes.client.dsl.PodResource;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What it costs to follow pods by our own stream and by the client's informer: the heap that is kept, a change that makes
 * no difference, one that does, and a full list, in CPU of the whole process and in bytes allocated, the server's sending
 * included. Each runs in a process of its own. Arguments: {@code stream} or {@code informer}, and the number of pods, 1,000 by default.
 */
public final class InformerCost {
    private static final int ROUNDS = 15;

    private final PodServer server;
    private final AtomicLong seen = new AtomicLong();
    private final AtomicLong differed = new AtomicLong();
    private int versions = 10;

    private InformerCost(PodServer server) {
        this.server = server;
    }

    /** Prints the costs. */
    public static void main(String[] args) throws Exception {
        new InformerCost(new PodServer(args.length > 1 ? Integer.parseInt(args[1]) : 1_000)).run(args[0]);
        System.exit(0);
    }

    private void run(String way) throws Exception {
        var client = server.client();
        // the client's classes are loaded before the heap is looked at
        client.pods().inNamespace("llm").list();
        long before = heap();
        var kept = new ArrayList<Object>();
        kept.add(
                switch (way) {
                    case "stream" -> stream(client);
                    case "informer" -> informer(client);
                    default -> throw new IllegalArgumentException(way + "; allowed: stream, informer");
                });
        var watch = server.watches.take();
        System.out.printf(Locale.ROOT, "%s of %d pods: %.1f MB kept%n", way, server.pods(), (heap() - before) / 1e6);
        var same = server.events(true);
        changes("no difference", watch::send, List.of(same));
        changes("ready or not", watch::send, List.of(server.events(false), same));
        var cpu = new ArrayList<Double>();
        var bytes = new ArrayList<Double>();
        for (int round = 0; round < ROUNDS; round++) {
            long cpuBefore = cpu();
            long bytesBefore = allocated();
            PodServer.expire(watch);
            watch = server.watches.take();
            cpu.add((cpu() - cpuBefore) / 1e6);
            bytes.add((allocated() - bytesBefore) / 1e6);
        }
        System.out.printf(Locale.ROOT, "full list: %.0f ms CPU, %.1f MB allocated%n", median(cpu), median(bytes));
        System.out.println(kept.size() + " followed, " + differed.get() + " differences");
    }

    private interface Sending {
        void send(String event);
    }

    private void changes(String what, Sending watch, List<List<String>> kinds) throws InterruptedException {
        var cpu = new ArrayList<Double>();
        var bytes = new ArrayList<Double>();
        for (int round = 0; round < ROUNDS; round++) {
            // an informer passes over a version that it has
            String version = "\"resourceVersion\":\"" + ++versions + "\"";
            var events = kinds.get(round % kinds.size()).stream()
                    .map(event -> event.replace("\"resourceVersion\":\"2\"", version))
                    .toList();
            long until = seen.get() + server.pods();
            long cpuBefore = cpu();
            long bytesBefore = allocated();
            events.forEach(watch::send);
            while (seen.get() < until) {
                Thread.sleep(1);
            }
            cpu.add((cpu() - cpuBefore) / 1e3 / server.pods());
            bytes.add((double) (allocated() - bytesBefore) / 1e3 / server.pods());
        }
        System.out.printf(
                Locale.ROOT, "%s: %.0f us CPU and %.1f KB allocated each%n", what, median(cpu), median(bytes));
    }

    private Object stream(KubernetesClient client) throws InterruptedException {
        var events = Executors.newSingleThreadScheduledExecutor();
        var table =
                new ObjectTable<PodFacts>(events, PodFacts::name, (old, now) -> true, _ -> differed.incrementAndGet());
        var streams = new Streams(
                client, events, new DiscoveryCounts(), StreamTimes.DEFAULT, System::nanoTime, Thread::sleep);
        var stream = streams.open("pods", ObjectSource.of("pods", pods(client)), this::facts, table);
        while (!table.listed()) {
            Thread.sleep(1);
        }
        return List.of(stream, table);
    }

    private PodFacts facts(Pod pod) {
        seen.incrementAndGet();
        return PodFacts.of(pod);
    }

    private static FilterWatchListDeletable<Pod, PodList, PodResource> pods(KubernetesClient client) {
        return client.pods().inNamespace("llm").withLabels(Map.of("app", "vllm"));
    }

    private Object informer(KubernetesClient client) {
        var facts = new ConcurrentHashMap<String, PodFacts>();
        var informer = pods(client).runnableInformer(0);
        informer.addEventHandler(new ResourceEventHandler<>() {
            @Override
            public void onAdd(Pod pod) {
                put(pod);
            }

            @Override
            public void onUpdate(Pod old, Pod pod) {
                put(pod);
            }

            @Override
            public void onDelete(Pod pod, boolean finalStateUnknown) {
                facts.remove(pod.getMetadata().getName());
            }

            private void put(Pod pod) {
                var now = facts(pod);
                if (!now.equals(facts.put(now.name(), now))) {
                    differed.incrementAndGet();
                }
            }
        });
        informer.run();
        return List.of(informer, facts);
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
    }

    private static long heap() throws InterruptedException {
        for (int i = 0; i < 3; i++) {
            System.gc();
            Thread.sleep(200);
        }
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    private static long cpu() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    private static long allocated() {
        return ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getTotalThreadAllocatedBytes();
    }
}
