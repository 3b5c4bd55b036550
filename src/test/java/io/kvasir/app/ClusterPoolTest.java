package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.awaitility.Awaitility.await;

import io.kvasir.discovery.kubernetes.Objects;
import io.kvasir.discovery.kubernetes.TestCluster;
import io.kvasir.observe.RouterMetrics;
import io.vertx.core.Vertx;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code serve} with a pool in a cluster: all parts but the framework. */
class ClusterPoolTest {
    private final TestCluster cluster = new TestCluster();
    private final Vertx vertx = Vertx.vertx();
    private KvasirServer server;

    @BeforeEach
    void server() {
        System.setProperty("kubernetes.master", cluster.url());
        System.setProperty("kubernetes.disable.autoConfig", "false");
        var args = List.of(
                "--pool-name=pool",
                "--pool-namespace=llm",
                "--mode=both",
                "--http-port=0",
                "--grpc-port=0",
                "--grpc-health-port=0",
                "--http-host=127.0.0.1",
                "--secure-serving=false");
        server = new KvasirServer(ServeSettings.of(args, Map.of()), vertx);
    }

    @AfterEach
    void close() {
        System.clearProperty("kubernetes.master");
        System.clearProperty("kubernetes.disable.autoConfig");
        server.close();
        cluster.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    private void assertDoorOpen() {
        assertThatCode(() -> new Socket()
                        .connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.httpPort())))
                .doesNotThrowAnyException();
    }

    @Test
    void doorsOpenAtOnceAndItIsReadyWhenThePoolIsKnown() {
        cluster.down();
        server.start();
        assertDoorOpen();
        assertThat(server.conditions().hold()).isFalse();
        cluster.put(Objects.pool("app: vllm", "{number: 8000}"));
        cluster.put(Objects.pod("a", "10.0.0.1"));
        cluster.up();
        await().until(() -> server.conditions().hold());
        assertThat(server.router().pool().snapshot().byHostPort("10.0.0.1:8000"))
                .isNotNull();
        cluster.delete(Objects.pool("app: vllm", "{number: 8000}"));
        await().until(() -> !server.conditions().hold());
    }

    @Test
    void whatIsFollowedIsOnThePageOfMetrics() {
        cluster.refuse("/nodes", 403);
        cluster.put(Objects.pool("app: vllm", "{number: 8000}"));
        cluster.put(Objects.unready(Objects.pod("a", "10.0.0.1")));
        server.start();
        await().until(() -> server.conditions().hold());
        var families = new RouterMetrics(server.router(), List.of(server)).collect();
        assertThat(families)
                .allSatisfy(family -> assertThat(DocumentedMetrics.read())
                        .containsEntry(
                                DocumentedMetrics.nameOf(family),
                                family.type.name().toLowerCase(Locale.ROOT)));
        var page = families.stream()
                .flatMap(family -> family.samples.stream())
                .map(Object::toString)
                .toList();
        assertThat(page)
                .anySatisfy(sample -> assertThat(sample).contains("kvasir_discovery_off", "nodes", "forbidden", "1.0"))
                .anySatisfy(sample -> assertThat(sample).contains("kvasir_discovery_ignored_pods", "not_ready", "1.0"))
                .anySatisfy(sample -> assertThat(sample).contains("kvasir_discovery_resync_seconds", "pods"));
    }
}
