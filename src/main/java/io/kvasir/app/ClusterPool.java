package io.kvasir.app;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.kvasir.cluster.ApiClients;
import io.kvasir.discovery.hardware.HardwareLabels;
import io.kvasir.discovery.hardware.HardwareReports;
import io.kvasir.discovery.kubernetes.DiscoverySettings;
import io.kvasir.discovery.kubernetes.KubernetesDiscovery;
import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import io.kvasir.route.Router;

/** Discovery in a cluster with the client that it needs; nothing of either exists where endpoints come from elsewhere. */
final class ClusterPool implements AutoCloseable, Metered {
    private final HardwareReports hardware;
    private final KubernetesClient client = ApiClients.forStreams();
    private final KubernetesDiscovery discovery;

    private ClusterPool(DiscoverySettings settings, Router router) {
        hardware = new HardwareReports(HardwareLabels.load(router.pool().catalogue()));
        discovery = new KubernetesDiscovery(client, settings, router.pool(), router.traffic(), hardware);
    }

    /** The pods of a pool, the router's rules with them. */
    static ClusterPool follow(PoolSource.Named pool, Router router) {
        return new ClusterPool(DiscoverySettings.pool(pool.namespace(), pool.name(), pool.group()), router).start();
    }

    /** Pods by label. */
    static ClusterPool follow(PoolSource.Selected pods, Router router) {
        return new ClusterPool(DiscoverySettings.pods(pods.namespace(), pods.selector(), pods.targetPorts()), router)
                .start();
    }

    private ClusterPool start() {
        discovery.start();
        return this;
    }

    /** Whether requests can be routed as the cluster says. */
    boolean synced() {
        return discovery.synced();
    }

    @Override
    public void describe(MetricSink sink) {
        discovery.describe(sink);
        hardware.describe(sink);
    }

    @Override
    public void close() {
        discovery.close();
        client.close();
    }
}
