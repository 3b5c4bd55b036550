package io.kvasir.discovery.kubernetes;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.kvasir.cluster.ApiClients;
import io.kvasir.discovery.hardware.HardwareReports;
import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import io.kvasir.pool.Pool;
import io.kvasir.traffic.TrafficRules;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What a cluster says: endpoints for the {@link Pool}, rewrites and objectives for {@link TrafficRules}. While the API server
 * is away, both keep what was known last.
 */
public final class KubernetesDiscovery implements AutoCloseable, Metered {
    private final DiscoveryCounts counts = new DiscoveryCounts();
    private final ScheduledExecutorService events = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("kubernetes-discovery").factory());
    private final Streams streams;
    private final EndpointFeed endpoints;
    private final @Nullable TrafficFeed rules;

    /**
     * Nothing is asked before {@link #start}.
     *
     * @param client as {@link ApiClients#forStreams()} makes it
     * @param pool is told the endpoints
     * @param traffic is told rewrites and objectives, where a pool is named that they can refer to
     * @param hardware tells what pods run on
     */
    public KubernetesDiscovery(
            KubernetesClient client,
            DiscoverySettings settings,
            Pool pool,
            TrafficRules traffic,
            HardwareReports hardware) {
        this(client, settings, pool, traffic, hardware, System::nanoTime, Thread::sleep);
    }

    /** As above, with another clock and another way to wait for the next try. */
    KubernetesDiscovery(
            KubernetesClient client,
            DiscoverySettings settings,
            Pool pool,
            TrafficRules traffic,
            HardwareReports hardware,
            LongSupplier nanos,
            ObjectStream.Pause pause) {
        streams = new Streams(client, events, counts, settings.times(), nanos, pause);
        endpoints = new EndpointFeed(streams, settings, pool, hardware);
        rules = settings.poolName() == null
                ? null
                : new TrafficFeed(streams, settings.namespace(), settings.poolName(), traffic);
    }

    /** Begins to follow the cluster, on threads of its own; does not wait for an answer. */
    public KubernetesDiscovery start() {
        events.execute(() -> {
            endpoints.start();
            if (rules != null) {
                rules.start();
            }
        });
        return this;
    }

    /**
     * Whether requests can be routed as the cluster says: the pool is known, its pods were listed, and all else was asked
     * for. Stays so while the API server is away; ends when the pool is deleted.
     */
    public boolean synced() {
        return endpoints.synced() && (rules == null || rules.tried());
    }

    /** What was counted. */
    public DiscoveryCounts counts() {
        return counts;
    }

    /** Stops following; pool and traffic stay as they are. */
    @Override
    public void close() {
        events.shutdownNow();
        streams.close();
    }

    @Override
    public void describe(MetricSink sink) {
        sink.gauge("kvasir_discovery_synced", "1 when pool and pods are known.", synced() ? 1 : 0);
        counts().describe(sink);
    }
}
