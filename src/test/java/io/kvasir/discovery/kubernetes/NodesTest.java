package io.kvasir.discovery.kubernetes;

import static io.kvasir.discovery.kubernetes.Objects.pod;
import static io.kvasir.discovery.kubernetes.Objects.pool;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What nodes tell of the hardware of pods, where they may be read. */
class NodesTest {
    private final Discovering on = new Discovering();
    private final TestCluster cluster = on.cluster;

    @BeforeEach
    void objects() {
        cluster.put(pool("app: vllm", "{number: 8000}"));
        cluster.put(withGpu(pod("a", "10.0.0.1")));
    }

    @AfterEach
    void stop() {
        on.close();
    }

    private static Pod withGpu(Pod pod) {
        return new PodBuilder(pod)
                .editSpec()
                .editFirstContainer()
                .withNewResources()
                .addToLimits("nvidia.com/gpu", new Quantity("2"))
                .endResources()
                .endContainer()
                .endSpec()
                .build();
    }

    private static Node node(String product) {
        return new NodeBuilder()
                .withNewMetadata()
                .withName("node-of-a")
                .addToLabels("nvidia.com/gpu.product", product)
                .addToLabels("feature.node.kubernetes.io/cpu-cpuid.AVX", "true")
                .endMetadata()
                .build();
    }

    @Test
    void theNodeNamesTheProductAndAChangeOfItIsSeen() {
        cluster.put(node("NVIDIA-H100-80GB-HBM3"));
        on.start();
        var endpoint = on.endpoint("10.0.0.1:8000");
        assertThat(endpoint.spec().product()).isEqualTo("NVIDIA-H100-80GB-HBM3");
        assertThat(endpoint.spec().count()).isEqualTo(2);
        assertThat(endpoint.spec().labels()).doesNotContainKey("feature.node.kubernetes.io/cpu-cpuid.AVX");
        cluster.put(node("NVIDIA-H200"));
        await().until(() ->
                "NVIDIA-H200".equals(on.endpoint("10.0.0.1:8000").spec().product()));
        assertThat(on.endpoint("10.0.0.1:8000").load()).isSameAs(endpoint.load());
    }

    @Test
    void whereNodesMayNotBeReadThePodAloneTellsAndTheyAreTriedAgain() {
        cluster.put(node("NVIDIA-H200"));
        cluster.refuse("/nodes", 403);
        on.discovery.start();
        await().until(on.discovery::synced);
        assertThat(on.endpoint("10.0.0.1:8000").spec().vendor()).isEqualTo("nvidia");
        assertThat(on.endpoint("10.0.0.1:8000").spec().product()).isNull();
        assertThat(on.counts().stream("nodes").off()).isEqualTo(WatchFailure.FORBIDDEN);
        cluster.refuse("/nodes", 0);
        await().until(() ->
                "NVIDIA-H200".equals(on.endpoint("10.0.0.1:8000").spec().product()));
        assertThat(on.counts().stream("nodes").off()).isNull();
    }
}
