package io.kvasir.leader;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMixedDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.ServerRequest;
import io.fabric8.mockwebserver.ServerResponse;
import io.fabric8.mockwebserver.dsl.HttpMethod;
import io.kvasir.testing.MockServers;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/** An API server that keeps Leases, and fails where it is told to. */
final class LeaseApi implements AutoCloseable {
    /** Tells each request. */
    private static final Logger CHATTER = Logger.getLogger("io.fabric8.mockwebserver");

    static final LeaseSettings LEASE = LeaseSettings.of("ns", "kvasir-ns-pool", "nobody");
    private static final String LEASES = "/apis/coordination.k8s.io/v1/namespaces/ns/leases";

    private final Map<ServerRequest, Queue<ServerResponse>> failures = new HashMap<>();
    private final KubernetesMockServer server = new KubernetesMockServer(
            new Context(), new MockWebServer(), failures, new KubernetesMixedDispatcher(failures), false);
    final KubernetesClient client;

    LeaseApi() {
        CHATTER.setLevel(Level.WARNING);
        server.init();
        client = server.createClient(builder -> builder.editOrNewConfig()
                .withRequestTimeout(2_000)
                .withConnectionTimeout(2_000)
                .withRequestRetryBackoffLimit(0)
                .endConfig());
    }

    static LeaseSettings lease(String identity) {
        return LeaseSettings.of(LEASE.namespace(), LEASE.name(), identity);
    }

    Lease lease() {
        return client.leases()
                .inNamespace(LEASE.namespace())
                .withName(LEASE.name())
                .get();
    }

    /** Fails that many requests. */
    void fail(HttpMethod method, int status, int times) {
        String path = method == HttpMethod.POST ? LEASES : LEASES + "/" + LEASE.name();
        (switch (method) {
                    case GET -> server.expect().get();
                    case PUT -> server.expect().put();
                    default -> server.expect().post();
                })
                .withPath(path)
                .andReturn(status, "{}")
                .times(times);
    }

    /** Methods of all requests so far. */
    Set<String> asked() throws InterruptedException {
        var methods = new TreeSet<String>();
        for (var request = server.takeRequest(1, TimeUnit.MILLISECONDS);
                request != null;
                request = server.takeRequest(1, TimeUnit.MILLISECONDS)) {
            methods.add(request.getMethod() + " " + request.getPath());
        }
        return methods;
    }

    void away() {
        MockServers.stop(server::destroy);
    }

    @Override
    public void close() {
        client.close();
        MockServers.stop(server::destroy);
    }
}
