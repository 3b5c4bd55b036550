package io.kvasir.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.kvasir.access.AccessControl;
import io.kvasir.access.AccessCounts;
import io.kvasir.access.Verdict;
import io.kvasir.cluster.RealCluster;
import io.kvasir.discovery.hardware.HardwareLabels;
import io.kvasir.discovery.hardware.HardwareReports;
import io.kvasir.discovery.kubernetes.DiscoverySettings;
import io.kvasir.discovery.kubernetes.KubernetesDiscovery;
import io.kvasir.discovery.kubernetes.StreamCounts;
import io.kvasir.discovery.kubernetes.WatchFailure;
import io.kvasir.leader.Leadership;
import io.kvasir.leader.LeaseSettings;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.traffic.TrafficRules;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is asked of a real API server, by the account and with the roles that the chart gives, and nothing more. */
class RealPermissionsIT {
    private static final String NAMESPACE = "inference";
    private static final String PODS = "/api/v1/namespaces/inference/pods";
    private static final String AT_ONCE = "{\"gracePeriodSeconds\":0}";
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static RealCluster cluster;
    private static String account;

    private final Pool pool = new Pool(HardwareCatalogue.load());
    private final TrafficRules traffic = new TrafficRules();
    private KubernetesClient client;
    private KubernetesDiscovery discovery;

    @BeforeAll
    static void install() throws Exception {
        RealCluster.assumePresent();
        assumeTrue(DeployTool.HELM.available(), DeployTool.HELM::whyNot);
        cluster = RealCluster.shared();
        cluster.namespace(NAMESPACE);
        String chart = Rendered.chart("leader-election");
        cluster.apply(chart);
        account = new Installation(Manifest.parse(chart)).pod().getServiceAccountName();
    }

    @BeforeEach
    void connect() throws Exception {
        client = cluster.as(cluster.token(NAMESPACE, account));
        discovery = new KubernetesDiscovery(
                client,
                DiscoverySettings.pool(NAMESPACE, "chat", "inference.networking.k8s.io"),
                pool,
                traffic,
                new HardwareReports(HardwareLabels.load(HardwareCatalogue.load())));
    }

    @AfterEach
    void disconnect() throws Exception {
        discovery.close();
        client.close();
        cluster.delete(PODS, AT_ONCE);
    }

    private void start() {
        discovery.start();
        await().atMost(PATIENCE).until(discovery::synced);
    }

    private StreamCounts counts(String kind) {
        return discovery.counts().streams().stream()
                .filter(stream -> stream.kind().equals(kind))
                .findFirst()
                .orElseThrow();
    }

    private Set<String> addresses() {
        var addresses = new TreeSet<String>();
        pool.snapshot().endpoints().forEach(endpoint -> addresses.add(endpoint.hostPort()));
        return addresses;
    }

    private void expect(String... addresses) {
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(addresses()).containsExactly(addresses));
    }

    private static void pod(String name, String ip) throws Exception {
        cluster.pod(NAMESPACE, name, "vllm-llama", ip);
    }

    @Test
    void podsJoinTurnUnreadyTerminateAndLeave() throws Exception {
        pod("a", "10.0.0.1");
        cluster.pod(NAMESPACE, "other", "somebody-else", "10.0.0.9");
        start();
        expect("10.0.0.1:8000");

        pod("b", "10.0.0.2");
        expect("10.0.0.1:8000", "10.0.0.2:8000");
        cluster.status(NAMESPACE, "a", "10.0.0.1", false);
        expect("10.0.0.2:8000");
        cluster.status(NAMESPACE, "a", "10.0.0.1", true);
        expect("10.0.0.1:8000", "10.0.0.2:8000");

        // a node has it, so it is there until the node says that its processes have ended
        cluster.delete(PODS + "/b", null);
        expect("10.0.0.1:8000");
        assertThat(client.pods().inNamespace(NAMESPACE).list().getItems())
                .anySatisfy(pod ->
                        assertThat(pod.getMetadata().getDeletionTimestamp()).isNotNull());
        cluster.delete(PODS + "/a", AT_ONCE);
        expect();
    }

    @Test
    void objectivesAreKnownByTheNewerGroup() throws Exception {
        start();
        cluster.apply("""
                apiVersion: llm-d.ai/v1alpha2
                kind: InferenceObjective
                metadata: {name: soon, namespace: inference}
                spec: {priority: 7, poolRef: {group: inference.networking.k8s.io, name: chat}}
                """);
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> assertThat(traffic.objectives().priority("soon")).isEqualTo(7));
    }

    @Test
    void nothingElseIsGrantedAndNodesAreDoneWithout() {
        start();
        await().atMost(PATIENCE).until(() -> counts("nodes").off() == WatchFailure.FORBIDDEN);

        forbidden(() -> client.secrets().inNamespace(NAMESPACE).list());
        forbidden(() -> client.pods().inNamespace("default").list());
        forbidden(() -> client.v1().events().inNamespace(NAMESPACE).list());
        var pod = new PodBuilder()
                .withNewMetadata()
                .withName("a")
                .endMetadata()
                .withNewSpec()
                .addNewContainer()
                .withName("c")
                .withImage("c")
                .endContainer()
                .endSpec()
                .build();
        forbidden(() -> client.pods().inNamespace(NAMESPACE).resource(pod).create());
    }

    private static void forbidden(ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        KubernetesClientException.class,
                        e -> assertThat(e.getCode()).isEqualTo(403));
    }

    @Test
    void endpointsStayWhileTheServerIsAwayAndChangesAreSeenAfterwards() throws Exception {
        pod("a", "10.0.0.1");
        pod("b", "10.0.0.2");
        start();
        expect("10.0.0.1:8000", "10.0.0.2:8000");

        cluster.down();
        await().atMost(PATIENCE).until(() -> counts("pods").failing());
        assertThat(addresses()).containsExactly("10.0.0.1:8000", "10.0.0.2:8000");
        assertThat(discovery.synced()).isTrue();

        cluster.up();
        pod("c", "10.0.0.3");
        cluster.delete(PODS + "/a", AT_ONCE);
        expect("10.0.0.2:8000", "10.0.0.3:8000");
    }

    @Test
    void aServerThatForgotHowThingsCameAboutIsListedAgain() throws Exception {
        pod("a", "10.0.0.1");
        start();
        expect("10.0.0.1:8000");
        var pods = counts("pods");
        long lists = pods.resyncs();
        // younger than all that the watch has seen
        cluster.namespace("later");

        cluster.down();
        await().atMost(PATIENCE).until(pods::failing);
        cluster.upWithoutMemory();
        await().atMost(PATIENCE).until(() -> pods.failures(WatchFailure.GONE) > 0 && pods.resyncs() > lists);
        pod("b", "10.0.0.2");
        expect("10.0.0.1:8000", "10.0.0.2:8000");
    }

    @Test
    void oneOfTwoLeadsAndTheOtherFollowsAtOnceWhenItStops() {
        var first = Leadership.start(client, LeaseSettings.of(NAMESPACE, "kvasir-chat", "first"), () -> true);
        try (first) {
            await().atMost(PATIENCE).until(first::leading);
            try (var second =
                    Leadership.start(client, LeaseSettings.of(NAMESPACE, "kvasir-chat", "second"), () -> true)) {
                await().atMost(PATIENCE)
                        .until(() -> client.leases()
                                        .inNamespace(NAMESPACE)
                                        .withName("kvasir-chat")
                                        .get()
                                        .getSpec()
                                        .getRenewTime()
                                != null);
                assertThat(second.leading()).isFalse();
                first.close();
                await().atMost(PATIENCE).until(second::leading);
            }
        }
    }

    @Test
    void tokensAreReviewedAndOnlyTheScraperMayReadMetrics() throws Exception {
        String scraper = cluster.token(NAMESPACE, scraper());
        try (var control = new AccessControl(client, new AccessCounts(), System::nanoTime)) {
            assertThat(decide(control, scraper, "/metrics")).isEqualTo(Verdict.ALLOWED);
            assertThat(decide(control, scraper, "/api/endpoints")).isEqualTo(Verdict.NOT_ALLOWED);
            assertThat(decide(control, cluster.token(NAMESPACE, account), "/metrics"))
                    .isEqualTo(Verdict.NOT_ALLOWED);
            assertThat(decide(control, "made up", "/metrics")).isEqualTo(Verdict.BAD_TOKEN);
        }
    }

    private static String scraper() throws Exception {
        String name = account + "-metrics-reader";
        cluster.apply("""
                apiVersion: v1
                kind: ServiceAccount
                metadata: {name: %s, namespace: inference}
                ---
                apiVersion: rbac.authorization.k8s.io/v1
                kind: ClusterRoleBinding
                metadata: {name: scraper}
                roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: chat-inference-epp-metrics-reader}
                subjects: [{kind: ServiceAccount, name: %s, namespace: inference}]
                """.formatted(name, name));
        return name;
    }

    private static Verdict decide(AccessControl control, String token, String path) {
        return control.decide(token, "get", path)
                .orTimeout(30, TimeUnit.SECONDS)
                .join();
    }
}
