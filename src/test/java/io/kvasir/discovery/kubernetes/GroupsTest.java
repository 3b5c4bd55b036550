package io.kvasir.discovery.kubernetes;

import static io.kvasir.discovery.kubernetes.Objects.labelled;
import static io.kvasir.discovery.kubernetes.Objects.member;
import static io.kvasir.discovery.kubernetes.Objects.pod;
import static io.kvasir.discovery.kubernetes.Objects.pool;
import static io.kvasir.discovery.kubernetes.Objects.unready;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Replicas over several pods, as LeaderWorkerSet makes them. */
class GroupsTest {
    private final Discovering on = new Discovering();
    private final TestCluster cluster = on.cluster;

    @AfterEach
    void stop() {
        on.close();
    }

    private static Pod leader(int group, int size) {
        return gpus(member(pod("lws-" + group, "10.0." + group + ".1"), group, 0, size), 8);
    }

    /** As in a group whose leader alone has a front: other labels, no ports. */
    private static Pod worker(int group, int worker, int size) {
        return silent(gpus(
                member(
                        pod("lws-" + group + "-" + worker, "10.0." + group + "." + (worker + 1), Map.of()),
                        group,
                        worker,
                        size),
                8));
    }

    private static Pod gpus(Pod pod, int count) {
        return new PodBuilder(pod)
                .editSpec()
                .editFirstContainer()
                .withNewResources()
                .addToLimits("nvidia.com/gpu", new Quantity(Integer.toString(count)))
                .endResources()
                .endContainer()
                .endSpec()
                .build();
    }

    private static Pod silent(Pod pod) {
        return new PodBuilder(pod)
                .editSpec()
                .editFirstContainer()
                .withPorts()
                .endContainer()
                .endSpec()
                .build();
    }

    @Test
    void aGroupIsOneEndpointAtItsLeaderWithTheDevicesOfAllItsPods() {
        cluster.put(pool("app: vllm", "{number: 8000}"));
        cluster.put(leader(0, 2));
        cluster.put(worker(0, 1, 2));
        cluster.put(pod("single", "10.0.9.1"));
        on.start();
        on.expect("10.0.0.1:8000", "10.0.9.1:8000");
        assertThat(on.endpoint("10.0.0.1:8000").spec().count()).isEqualTo(16);
        assertThat(on.endpoint("10.0.0.1:8000").spec().vendor()).isEqualTo("nvidia");
    }

    @Test
    void aGroupServesWhileAllItsPodsAreReady() {
        cluster.put(pool("app: vllm", "{number: 8000}"));
        cluster.put(leader(0, 3));
        cluster.put(worker(0, 1, 3));
        cluster.put(leader(1, 2));
        cluster.put(worker(1, 1, 2));
        on.start();
        on.expect("10.0.1.1:8000");
        assertThat(on.counts().ignored(IgnoredPod.GROUP_INCOMPLETE)).isEqualTo(1);
        assertThat(on.counts().incompleteGroups()).isEqualTo(1);
        on.watching();
        cluster.put(worker(0, 2, 3));
        on.expect("10.0.0.1:8000", "10.0.1.1:8000");
        cluster.put(unready(worker(0, 2, 3)));
        on.expect("10.0.1.1:8000");
        cluster.put(worker(0, 2, 3));
        on.expect("10.0.0.1:8000", "10.0.1.1:8000");
    }

    @Test
    void aLostWorkerOrLeaderTakesTheGroupAway() {
        cluster.put(pool("app: vllm", "{number: 8000}"));
        for (int group = 0; group < 3; group++) {
            cluster.put(leader(group, 2));
            cluster.put(worker(group, 1, 2));
        }
        on.start();
        on.expect("10.0.0.1:8000", "10.0.1.1:8000", "10.0.2.1:8000");
        on.watching();
        cluster.delete(worker(0, 1, 2));
        on.expect("10.0.1.1:8000", "10.0.2.1:8000");
        cluster.delete(leader(1, 2));
        on.expect("10.0.2.1:8000");
        cluster.put(worker(0, 1, 2));
        on.expect("10.0.0.1:8000", "10.0.2.1:8000");
    }

    @Test
    void workersAreLookedForOnceThereIsALeader() {
        cluster.put(pool("app: vllm", "{number: 8000}"));
        on.start();
        assertThat(cluster.asked()).noneMatch(request -> request.contains("leaderworkerset"));
        cluster.put(worker(0, 1, 2));
        cluster.put(leader(0, 2));
        on.expect("10.0.0.1:8000");
        assertThat(cluster.asked()).anyMatch(request -> request.contains("leaderworkerset"));
    }

    @Test
    void aSelectedWorkerWithoutATargetPortIsNoEndpoint() {
        cluster.put(pool("app: vllm", "{number: 8000}"));
        cluster.put(leader(0, 2));
        cluster.put(labelled(worker(0, 1, 2), "app", "vllm"));
        on.start();
        on.expect("10.0.0.1:8000");
        assertThat(on.counts().ignored(IgnoredPod.WORKER)).isEqualTo(1);
    }

    @Test
    void whereEveryPodHasAFrontEachIsAnEndpointWhileTheGroupIsWhole() {
        cluster.put(pool("app: vllm", "{number: 8000}, {number: 8001}"));
        cluster.put(leader(0, 2));
        var worker = gpus(member(pod("lws-0-1", "10.0.0.2"), 0, 1, 2), 8);
        cluster.put(worker);
        on.start();
        on.expect("10.0.0.1:8000", "10.0.0.1:8001", "10.0.0.2:8000", "10.0.0.2:8001");
        assertThat(on.endpoint("10.0.0.2:8001").spec().count()).isEqualTo(4);
        on.watching();
        cluster.put(unready(worker));
        on.expect();
    }

    @Test
    void aGroupsTopologyDomainIsTheLeadersNodes() {
        cluster.put(pool("app: vllm", "{number: 8000}"));
        cluster.put(new NodeBuilder()
                .withNewMetadata()
                .withName("node-of-lws-0")
                .addToLabels("example.com/block", "b7")
                .addToLabels("topology.kubernetes.io/zone", "z1")
                .addToLabels("nvidia.com/gpu.product", "NVIDIA-H200")
                .endMetadata()
                .build());
        cluster.put(
                Objects.annotated(leader(0, 1), "leaderworkerset.sigs.k8s.io/exclusive-topology", "example.com/block"));
        on.start();
        on.expect("10.0.0.1:8000");
        assertThat(on.endpoint("10.0.0.1:8000").spec().labels())
                .containsEntry("example.com/block", "b7")
                .containsEntry("topology.kubernetes.io/zone", "z1");
        assertThat(on.endpoint("10.0.0.1:8000").spec().product()).isEqualTo("NVIDIA-H200");
    }

    @Test
    void aReplacedGroupWaitsForItsNewPods() {
        cluster.put(pool("app: vllm", "{number: 8000}"));
        cluster.put(leader(0, 2));
        cluster.put(worker(0, 1, 2));
        on.start();
        on.watching();
        cluster.put(Objects.terminating(worker(0, 1, 2)));
        on.expect();
        var replacement = new PodBuilder(worker(0, 1, 2))
                .editMetadata()
                .withName("lws-0-1-new")
                .endMetadata()
                .build();
        cluster.put(replacement);
        on.expect("10.0.0.1:8000");
        await().until(() -> on.counts().incompleteGroups() == 0);
    }
}
