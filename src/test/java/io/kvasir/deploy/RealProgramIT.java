package io.kvasir.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kvasir.app.BuiltProgram;
import io.kvasir.cluster.RealCluster;
import io.kvasir.testing.ReservedPorts;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged program with the words that the chart renders, against a real API server with the chart's own roles. */
class RealProgramIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path folder;

    @Test
    void isReadyLeadsAndShowsItsMetricsToWhoMayReadThem() throws Exception {
        RealCluster.assumePresent();
        assumeTrue(DeployTool.HELM.available(), DeployTool.HELM::whyNot);
        var cluster = RealCluster.shared();
        cluster.namespace("inference");
        String chart = Rendered.chart("leader-election");
        cluster.apply(chart);
        var installation = new Installation(Manifest.parse(chart));
        String account = installation.pod().getServiceAccountName();
        cluster.pod("inference", "engine", "vllm-llama", "127.0.0.1");

        int metrics = ReservedPorts.next();
        var words = installation.kvasir().getArgs().stream()
                .map(word -> word.startsWith("--grpc-port=") ? "--grpc-port=0" : word)
                .map(word -> word.startsWith("--grpc-health-port=") ? "--grpc-health-port=0" : word)
                .map(word -> word.startsWith("--metrics-port=") ? "--metrics-port=" + metrics : word)
                .toList();
        var log = folder.resolve("log");
        var builder = BuiltProgram.launch(List.of("-XX:TieredStopAtLevel=1", "-Xmx256m"), words);
        builder.environment()
                .put(
                        "KUBECONFIG",
                        cluster.kubeconfig(folder, cluster.token("inference", account))
                                .toString());
        builder.environment().put("POD_NAME", "chat-epp-0");
        var program =
                builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
        try (var client = HttpClient.newHttpClient()) {
            String base = "http://127.0.0.1:" + metrics;
            await().atMost(PATIENCE)
                    .ignoreExceptions()
                    .untilAsserted(() -> assertThat(
                                    get(client, base + "/q/health/ready", "").statusCode())
                            .as(Files.readString(log))
                            .isEqualTo(200));
            assertThat(get(client, base + "/metrics", "").statusCode()).isEqualTo(401);
            assertThat(get(client, base + "/metrics", cluster.token("inference", account))
                            .statusCode())
                    .isEqualTo(403);
            cluster.apply("""
                    apiVersion: v1
                    kind: ServiceAccount
                    metadata: {name: reader, namespace: inference}
                    ---
                    apiVersion: rbac.authorization.k8s.io/v1
                    kind: ClusterRoleBinding
                    metadata: {name: reader}
                    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: chat-inference-epp-metrics-reader}
                    subjects: [{kind: ServiceAccount, name: reader, namespace: inference}]
                    """);
            String reader = cluster.token("inference", "reader");
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(
                                    get(client, base + "/metrics", reader).body())
                            .contains("kvasir_discovery_objects{kind=\"pods\"} 1.0")
                            .contains("kvasir_discovery_synced 1.0"));
            assertThat(Files.readString(log)).doesNotContain("ERROR");
        } finally {
            program.destroyForcibly().onExit().join();
            cluster.delete("/api/v1/namespaces/inference/pods", "{\"gracePeriodSeconds\":0}");
        }
    }

    private static HttpResponse<String> get(HttpClient client, String url, String token) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(url));
        if (!token.isEmpty()) {
            request.header("authorization", "Bearer " + token);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }
}
