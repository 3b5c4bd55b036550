package io.kvasir.discovery.kubernetes;

import static io.kvasir.discovery.kubernetes.Objects.annotated;
import static io.kvasir.discovery.kubernetes.Objects.labelled;
import static io.kvasir.discovery.kubernetes.Objects.pod;
import static io.kvasir.discovery.kubernetes.Objects.pool;
import static io.kvasir.discovery.kubernetes.Objects.terminating;
import static io.kvasir.discovery.kubernetes.Objects.unready;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EngineKind;
import io.kvasir.pool.EngineProtocol;
import io.kvasir.pool.Pool;
import io.kvasir.pool.Role;
import java.net.URLDecoder;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class KubernetesDiscoveryTest {
    private final Discovering on = new Discovering();
    private final TestCluster cluster = on.cluster;
    private final Pool pool = on.pool;
    private final KubernetesDiscovery discovery = on.discovery;

    @AfterEach
    void stop() {
        on.close();
    }

    @Test
    void everyReadyPodOfThePoolIsAnEndpoint() {
        cluster.put(pool("app: vllm", "{number: 8000}"));
        cluster.put(pod("a", "10.0.0.1"));
        cluster.put(pod("b", "fd00::2"));
        cluster.put(unready(pod("c", "10.0.0.3")));
        cluster.put(pod("d", "10.0.0.4"));
        cluster.put(terminating(pod("d", "10.0.0.4")));
        cluster.put(pod("e", "10.0.0.5", Map.of("app", "other")));
        on.start();
        assertThat(on.addresses()).containsExactly("10.0.0.1:8000", "[fd00::2]:8000");
        assertThat(on.endpoint("10.0.0.1:8000").spec().name()).isEqualTo("a-rank-0");
        assertThat(on.endpoint("10.0.0.1:8000").spec().labels())
                .containsEntry("app", "vllm")
                .containsEntry("kubernetes.io/hostname", "node-of-a");
        assertThat(discovery.counts().ignored(IgnoredPod.NOT_READY)).isEqualTo(1);
        assertThat(discovery.counts().ignored(IgnoredPod.TERMINATING)).isEqualTo(1);
    }

    @Test
    void onlyThePoolAndPodsOfItsNamespaceAreAskedForAndNothingIsWritten() {
        cluster.put(pool("app: vllm", "{number: 8000}"));
        on.start();
        assertThat(cluster.asked())
                .isNotEmpty()
                .allSatisfy(
                        request -> assertThat(request)
                                .startsWith("GET ")
                                .containsPattern(
                                        "/inference.networking.k8s.io/v1/namespaces/llm/inferencepools[?].*"
                                                + "fieldSelector=metadata.name%3Dpool"
                                                + "|/api/v1/namespaces/llm/pods[?].*labelSelector=app%3Dvllm"
                                                + "|/api/v1/nodes"
                                                + "|/llm-d.ai/v1alpha2/namespaces/llm/(inferenceobjectives|inferencemodelrewrites)[?]"));
    }

    @Test
    void theProtocolOfThePoolIsThatOfItsEndpoints() {
        cluster.put(protocol("kubernetes.io/h2c"));
        cluster.put(pod("a", "10.0.0.1"));
        on.start();
        assertThat(on.endpoint("10.0.0.1:8000").protocol()).isEqualTo(EngineProtocol.H2C);

        cluster.put(protocol("http"));
        await().until(() -> on.endpoint("10.0.0.1:8000").protocol() == EngineProtocol.HTTP);
    }

    private static GenericKubernetesResource protocol(String appProtocol) {
        return Objects.yaml("""
                apiVersion: inference.networking.k8s.io/v1
                kind: InferencePool
                metadata: {name: pool, namespace: llm}
                spec:
                  selector: {matchLabels: {app: vllm}}
                  targetPorts: [{number: 8000}]
                  appProtocol: %s
                  endpointPickerRef: {name: kvasir, port: {number: 9002}}
                """.formatted(appProtocol));
    }

    @Test
    void podsComeAndGo() {
        cluster.put(pool("app: vllm", "{number: 8000}"));
        on.start();
        var a = pod("a", "10.0.0.1");
        cluster.put(a);
        cluster.put(pod("b", "10.0.0.2"));
        on.expect("10.0.0.1:8000", "10.0.0.2:8000");
        cluster.put(unready(a));
        on.expect("10.0.0.2:8000");
        cluster.put(a);
        on.expect("10.0.0.1:8000", "10.0.0.2:8000");
        cluster.put(terminating(a));
        on.expect("10.0.0.2:8000");
        cluster.delete(pod("b", "10.0.0.2"));
        on.expect();
        assertThat(discovery.synced()).isTrue();
    }

    @Test
    void everyTargetPortIsAnEndpointOfItsOwnUnlessThePodNamesThoseInUse() {
        cluster.put(pool("app: vllm", "{number: 8000}, {number: 8001}, {number: 8002}"));
        cluster.put(pod("a", "10.0.0.1"));
        cluster.put(annotated(pod("b", "10.0.0.2"), "llm-d.ai/active-ports", "8000, 8002"));
        cluster.put(annotated(pod("c", "10.0.0.3"), "inference.networking.k8s.io/active-ports", "8001"));
        cluster.put(annotated(pod("d", "10.0.0.4"), "llm-d.ai/active-ports", "none"));
        on.start();
        assertThat(on.addresses())
                .containsExactly(
                        "10.0.0.1:8000",
                        "10.0.0.1:8001",
                        "10.0.0.1:8002",
                        "10.0.0.2:8000",
                        "10.0.0.2:8002",
                        "10.0.0.3:8001");
        assertThat(on.endpoint("10.0.0.2:8002").spec().name()).isEqualTo("b-rank-2");
        assertThat(discovery.counts().ignored(IgnoredPod.NO_ACTIVE_PORT)).isEqualTo(1);
    }

    @Test
    void aChangeOfPortsNeedsNoNewListOfPods() {
        cluster.put(pool("app: vllm", "{number: 8000}"));
        cluster.put(pod("a", "10.0.0.1"));
        on.start();
        long lists = discovery.counts().stream("pods").resyncs();
        cluster.put(pool("app: vllm", "{number: 9000}, {number: 9001}"));
        on.expect("10.0.0.1:9000", "10.0.0.1:9001");
        assertThat(discovery.counts().stream("pods").resyncs()).isEqualTo(lists);
    }

    @Test
    void aChangedSelectorTakesOtherPodsWithoutAGap() {
        cluster.put(pool("app: vllm", "{number: 8000}"));
        cluster.put(pod("a", "10.0.0.1"));
        cluster.put(pod("b", "10.0.0.2", Map.of("app", "other")));
        on.start();
        var sizes = new TreeSet<Integer>();
        pool.listen(new io.kvasir.pool.PoolListener() {
            @Override
            public void removed(Endpoint endpoint) {
                sizes.add(pool.snapshot().size());
            }
        });
        cluster.refuse("app%3Dother", 503);
        cluster.put(pool("app: other", "{number: 8000}"));
        await().until(() -> discovery.counts().stream("pods").failures(WatchFailure.SERVER_ERROR) > 0);
        assertThat(on.addresses()).containsExactly("10.0.0.1:8000");
        cluster.refuse("app%3Dother", 0);
        on.expect("10.0.0.2:8000");
        assertThat(sizes).containsExactly(1);
        on.watching();
        cluster.put(pod("c", "10.0.0.3"));
        cluster.put(pod("d", "10.0.0.4", Map.of("app", "other")));
        on.expect("10.0.0.2:8000", "10.0.0.4:8000");
    }

    @Test
    void aRelabelledPodLeavesAndJoins() {
        cluster.put(pool("app: vllm", "{number: 8000}"));
        cluster.put(pod("a", "10.0.0.1"));
        cluster.put(pod("b", "10.0.0.2"));
        on.start();
        cluster.put(labelled(pod("a", "10.0.0.1"), "app", "debug"));
        on.expect("10.0.0.2:8000");
        cluster.put(pod("a", "10.0.0.1"));
        on.expect("10.0.0.1:8000", "10.0.0.2:8000");
    }

    @Test
    void roleAndEngineFollowTheLabelsAndTheEndpointKeepsItsBooks() {
        cluster.put(pool("app: vllm", "{number: 8000}"));
        cluster.put(labelled(pod("a", "10.0.0.1"), "llm-d.ai/role", "decode"));
        cluster.put(labelled(pod("b", "10.0.0.2"), "llm-d.ai/engine-type", "sglang"));
        cluster.put(labelled(pod("c", "10.0.0.3"), "inference.networking.k8s.io/engine-type", "trtllm-serve"));
        cluster.put(labelled(labelled(pod("d", "10.0.0.4"), "llm-d.ai/role", "draft"), "llm-d.ai/engine-type", "new"));
        on.start();
        assertThat(on.endpoint("10.0.0.1:8000").spec().role()).isEqualTo(Role.DECODE);
        assertThat(on.endpoint("10.0.0.2:8000").spec().engine()).isEqualTo(EngineKind.SGLANG);
        assertThat(on.endpoint("10.0.0.3:8000").spec().engine()).isEqualTo(EngineKind.TRTLLM);
        assertThat(on.endpoint("10.0.0.4:8000").spec().role()).isEqualTo(Role.BOTH);
        assertThat(discovery.counts().unknownRoles()).isEqualTo(1);
        assertThat(discovery.counts().unknownEngines()).isEqualTo(1);
        var before = on.endpoint("10.0.0.1:8000");
        cluster.put(labelled(pod("a", "10.0.0.1"), "llm-d.ai/role", "prefill"));
        await().until(() -> on.endpoint("10.0.0.1:8000").spec().role() == Role.PREFILL);
        assertThat(on.endpoint("10.0.0.1:8000").load()).isSameAs(before.load());
    }

    @Test
    void anAddressThatGoesToAnotherPodIsAnotherEndpoint() {
        cluster.put(pool("app: vllm", "{number: 8000}"));
        cluster.put(pod("a", "10.0.0.1"));
        on.start();
        var before = on.endpoint("10.0.0.1:8000");
        cluster.down();
        cluster.delete(pod("a", "10.0.0.1"));
        cluster.put(pod("b", "10.0.0.1"));
        cluster.up();
        // for a moment nobody has it
        await().ignoreExceptions()
                .until(() -> on.endpoint("10.0.0.1:8000").spec().name().equals("b-rank-0"));
        assertThat(on.endpoint("10.0.0.1:8000").load()).isNotSameAs(before.load());
    }

    @Test
    void aDeletedPoolHasNoEndpointsAndIsNotReady() {
        cluster.put(pool("app: vllm", "{number: 8000}"));
        cluster.put(pod("a", "10.0.0.1"));
        on.start();
        cluster.delete(pool("app: vllm", "{number: 8000}"));
        on.expect();
        await().until(() -> !discovery.synced());
        cluster.put(pool("app: vllm", "{number: 8000}"));
        on.expect("10.0.0.1:8000");
        await().until(discovery::synced);
    }

    @Test
    void aPoolThatCannotBeUsedLeavesTheLastOneInForce() {
        cluster.put(pool("app: vllm", "{number: 8000}"));
        cluster.put(pod("a", "10.0.0.1"));
        on.start();
        cluster.put(pool("app: vllm", ""));
        cluster.put(pod("b", "10.0.0.2"));
        on.expect("10.0.0.1:8000", "10.0.0.2:8000");
    }

    @Test
    void withoutAPoolNothingIsReadyAndItIsWaitedFor() {
        discovery.start();
        await().until(() -> discovery.counts().stream("inferencepools").watches() > 0);
        assertThat(discovery.synced()).isFalse();
        cluster.put(pod("a", "10.0.0.1"));
        cluster.put(pool("app: vllm", "{number: 8000}"));
        await().until(discovery::synced);
        on.expect("10.0.0.1:8000");
    }

    @Test
    void aServerThatIsAwayAtTheStartIsWaitedFor() {
        cluster.put(pool("app: vllm", "{number: 8000}"));
        cluster.put(pod("a", "10.0.0.1"));
        cluster.down();
        discovery.start();
        await().until(() -> discovery.counts().stream("inferencepools").failures(WatchFailure.UNREACHABLE) > 1);
        assertThat(discovery.synced()).isFalse();
        cluster.up();
        await().until(discovery::synced);
        assertThat(on.addresses()).containsExactly("10.0.0.1:8000");
    }

    @Test
    void aServiceAccountThatMayNotIsWaitedFor() {
        cluster.put(pool("app: vllm", "{number: 8000}"));
        cluster.refuse("/pods", 403);
        discovery.start();
        await().until(() -> discovery.counts().stream("pods").failures(WatchFailure.FORBIDDEN) > 1);
        assertThat(discovery.synced()).isFalse();
        cluster.refuse("/pods", 0);
        await().until(discovery::synced);
    }

    @Test
    void endpointsStayWhileTheServerIsAwayAndChangesAreSeenAfterwards() {
        cluster.put(pool("app: vllm", "{number: 8000}"));
        cluster.put(pod("a", "10.0.0.1"));
        cluster.put(pod("b", "10.0.0.2"));
        on.start();
        cluster.down();
        await().until(() -> discovery.counts().stream("pods").failures(WatchFailure.UNREACHABLE) > 1);
        assertThat(on.addresses()).containsExactly("10.0.0.1:8000", "10.0.0.2:8000");
        assertThat(discovery.synced()).isTrue();
        cluster.put(pod("c", "10.0.0.3"));
        cluster.put(pool("app: vllm", "{number: 8001}"));
        cluster.up();
        on.expect("10.0.0.1:8001", "10.0.0.2:8001", "10.0.0.3:8001");
    }

    @Test
    void theOldGroupsPoolIsReadToo() {
        var old = Objects.yaml("""
                apiVersion: inference.networking.x-k8s.io/v1alpha2
                kind: InferencePool
                metadata: {name: pool, namespace: llm}
                spec: {selector: {app: vllm}, targetPortNumber: 8000, extensionRef: {name: kvasir}}
                """);
        cluster.put(old);
        cluster.put(pod("a", "10.0.0.1"));
        try (var other = on.discovery(DiscoverySettings.pool(TestCluster.NAMESPACE, "pool", InferencePool.OLD_GROUP))) {
            other.start();
            await().until(other::synced);
            assertThat(on.addresses()).containsExactly("10.0.0.1:8000");
        }
    }

    @Test
    void podsCanBeSelectedWithoutAPool() {
        cluster.put(pod("a", "10.0.0.1"));
        cluster.put(pod("b", "10.0.0.2", Map.of("app", "other")));
        try (var other = on.discovery(DiscoverySettings.pods(
                TestCluster.NAMESPACE, "!drained,app=vllm,tier in (a,b)", List.of(8000, 8001)))) {
            other.start();
            await().until(other::synced);
            assertThat(on.addresses()).containsExactly("10.0.0.1:8000", "10.0.0.1:8001");
        }
        assertThat(cluster.asked())
                .noneMatch(request -> request.contains("inferencepools"))
                .anyMatch(request ->
                        URLDecoder.decode(request, UTF_8).contains("labelSelector=!drained,app=vllm,tier in (a,b)"));
    }
}
