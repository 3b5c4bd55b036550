package io.kvasir.discovery.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.kvasir.discovery.hardware.HardwareLabels;
import io.kvasir.discovery.hardware.HardwareReports;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.traffic.TrafficRules;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/** A cluster, the pool {@code llm/pool} in it, and a discovery that does not wait long. */
final class Discovering implements AutoCloseable {
    static final StreamTimes SOON =
            new StreamTimes(Duration.ofMillis(20), Duration.ofMillis(50), Duration.ofMillis(50), Duration.ofMinutes(2));
    static final HardwareReports HARDWARE = new HardwareReports(HardwareLabels.load(HardwareCatalogue.load()));

    private static final DiscoverySettings POOL =
            DiscoverySettings.pool(TestCluster.NAMESPACE, "pool", InferencePool.GROUP);

    final TestCluster cluster = new TestCluster();
    final Pool pool = new Pool(HardwareCatalogue.load());
    final TrafficRules traffic;
    final KubernetesDiscovery discovery;

    Discovering() {
        this(_ -> new TrafficRules());
    }

    /** @param router makes what routes over the pool, and gives its rules */
    Discovering(Function<Pool, TrafficRules> router) {
        traffic = router.apply(pool);
        discovery = discovery(POOL);
    }

    /** The same with the waits of a program that runs, in time that passes as the test says. */
    Discovering(Function<Pool, TrafficRules> router, SteppedTime time) {
        traffic = router.apply(pool);
        discovery = new KubernetesDiscovery(cluster.client(), POOL, pool, traffic, HARDWARE, time::nanos, time);
    }

    KubernetesDiscovery discovery(DiscoverySettings settings) {
        return new KubernetesDiscovery(cluster.client(), settings.with(SOON), pool, traffic, HARDWARE);
    }

    DiscoveryCounts counts() {
        return discovery.counts();
    }

    void start() {
        discovery.start();
        await().until(discovery::synced);
        watching();
    }

    /** The server of these tests does not tell a watch what happened before it opened. */
    void watching() {
        for (String kind : counts().streams().stream().map(StreamCounts::kind).toList()) {
            var stream = counts().stream(kind);
            await().until(() -> stream.off() != null || stream.watches() >= stream.resyncs() && stream.watches() > 0);
        }
    }

    Set<String> addresses() {
        var addresses = new TreeSet<String>();
        pool.snapshot().endpoints().forEach(endpoint -> addresses.add(endpoint.hostPort()));
        return addresses;
    }

    void expect(String... addresses) {
        await().untilAsserted(() -> assertThat(addresses()).containsExactlyInAnyOrder(addresses));
    }

    Endpoint endpoint(String address) {
        return java.util.Objects.requireNonNull(pool.snapshot().byHostPort(address));
    }

    @Override
    public void close() {
        discovery.close();
        cluster.close();
    }
}
