package io.kvasir.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.kvasir.sim.SimulatedPool;
import io.kvasir.testing.ReservedPorts;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A pool of a cluster: a mock API server, a real simulated engine. */
class ClusterCheckTest {
    private final MockCluster cluster = new MockCluster();
    private String out = "";

    @AfterEach
    void close() {
        cluster.close();
    }

    private int check(Config config, String... args) {
        var all = new ArrayList<>(List.of("--timeout", "20"));
        all.addAll(Arrays.asList(args));
        var text = new StringWriter();
        int status = CheckCommand.run(
                all,
                new PrintWriter(text),
                new PrintWriter(text),
                Map.of("NAMESPACE", "llm"),
                InstantSource.system(),
                () -> config);
        // times and widths of columns are of no interest here
        out = text.toString().replaceAll("(?m)^[\\d:.]+Z ", "").replaceAll(" +", " ");
        return status;
    }

    private int check(String... args) {
        return check(cluster.config(), args);
    }

    private void pool(int port) {
        cluster.create("/apis/inference.networking.k8s.io/v1/namespaces/llm/inferencepools", """
                apiVersion: inference.networking.k8s.io/v1
                kind: InferencePool
                metadata: {name: pool, namespace: llm}
                spec:
                  selector: {matchLabels: {app: vllm}}
                  targetPorts: [{number: %d}]
                """.formatted(port));
    }

    private void pod(String name, boolean ready) {
        cluster.create("/api/v1/namespaces/llm/pods", """
                apiVersion: v1
                kind: Pod
                metadata:
                  name: %1$s
                  namespace: llm
                  uid: uid-of-%1$s
                  labels:
                    app: vllm
                    nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3-SHARED
                    nvidia.com/gpu.replicas: "4"
                    nvidia.com/gpu.sharing-strategy: time-slicing
                spec:
                  nodeName: gpu-node
                  containers: [{name: engine, resources: {limits: {nvidia.com/gpu: "1"}}}]
                status: {podIP: 127.0.0.1, conditions: [{type: Ready, status: "%2$s"}]}
                """.formatted(name, ready ? "True" : "False"));
    }

    @Test
    void aPoolIsLookedAtByItsPods() throws Exception {
        try (var engines = SimulatedPool.builder().pool("h100=1").start()) {
            pool(engines.endpoints().getFirst().port());
            pod("a", true);
            assertThat(check("--pool-name", "pool")).as(out).isZero();
            assertThat(out)
                    .contains("ok cluster permissions pods: list, watch")
                    .contains("ok cluster permissions inferencepools.inference.networking.k8s.io: list, watch")
                    .contains("ok cluster permissions tokenreviews.authentication.k8s.io: create")
                    .contains("ok cluster pool InferencePool llm/pool: 1 endpoints")
                    .contains("warning a-rank-0 hardware NVIDIA-H100-80GB-HBM3: class h100, 1 of them, each shared by 4"
                            + " replicas, weight 0.250")
                    .contains("ok a-rank-0 health /health is 200")
                    .contains("ok pool roles {both=1}");
        }
    }

    @Test
    void nothingIsWritten() {
        pool(8000);
        check("--pool-name", "pool", "--as", "system:serviceaccount:llm:kvasir");
        assertThat(cluster.asked)
                .isNotEmpty()
                .allSatisfy(request -> assertThat(request)
                        .matches("GET .*|POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews .*")
                        .endsWith(" as system:serviceaccount:llm:kvasir"));
    }

    @Test
    void eachMissingPermissionIsToldWithWhatItCosts() {
        pool(8000);
        cluster.deny("pods/watch");
        cluster.deny("tokenreviews");
        cluster.deny("leases");
        cluster.deny("nodes");
        assertThat(check("--pool-name", "pool")).isEqualTo(1);
        assertThat(out)
                .contains("problem cluster permissions pods: no watch; there are no endpoints")
                .contains("warning cluster permissions tokenreviews.authentication.k8s.io: no create; needed unless")
                .contains("ok cluster permissions leases.coordination.k8s.io: no get, create, update; needed with"
                        + " --ha-enable-leader-election only")
                .contains("ok cluster permissions nodes: no list, watch; hardware is read from pods alone");
    }

    @Test
    void podsThatAreNotReadyAreCounted() {
        pool(8000);
        pod("a", false);
        assertThat(check("--pool-name", "pool")).isEqualTo(1);
        assertThat(out)
                .contains("warning cluster pool InferencePool llm/pool: 0 endpoints; pods that are none: 1 not_ready")
                .contains("problem pool endpoints there are none");
    }

    @Test
    void aPoolThatIsNotThereIsAProblem() {
        assertThat(check("--pool-name", "pool", "--pool-namespace", "elsewhere"))
                .isEqualTo(1);
        assertThat(out)
                .contains(
                        "problem cluster pool there is no InferencePool elsewhere/pool in inference.networking.k8s.io");
    }

    @Test
    void anApiServerThatIsNotThereIsAProblem() throws Exception {
        int port = ReservedPorts.next();
        var nowhere = new ConfigBuilder(cluster.config())
                .withMasterUrl("http://localhost:" + port + "/")
                .build();
        assertThat(check(nowhere, "--pool-name", "pool")).isEqualTo(1);
        assertThat(out).contains("problem cluster reachable http://localhost:" + port + "/ does not review access");
    }
}
