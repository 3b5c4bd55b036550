package io.kvasir.discovery.kubernetes;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.vertx.VertxHttpClientFactory;

/**
 * A client as {@link ObjectStream} needs it: a request is tried once, a watch ends when it ends, and objects are read on
 * event loops of its own, away from those that serve requests.
 */
public final class ClusterClient implements AutoCloseable {
    private static final int CONNECT_MILLIS = 5_000;
    private static final int REQUEST_MILLIS = 15_000;

    private final KubernetesClient client;

    private ClusterClient(KubernetesClient client) {
        this.client = client;
    }

    /** With the service account of the pod, or the kubeconfig of a developer. */
    public static ClusterClient create() {
        return create(Config.autoConfigure(null));
    }

    /** With the server and credentials of a configuration; connects to nothing yet. */
    public static ClusterClient create(Config base) {
        var config = new ConfigBuilder(base)
                .withConnectionTimeout(CONNECT_MILLIS)
                .withRequestTimeout(REQUEST_MILLIS)
                .withRequestRetryBackoffLimit(0)
                .withWatchReconnectLimit(0)
                .build();
        return new ClusterClient(new KubernetesClientBuilder()
                .withConfig(config)
                // Quarkus' factory would take the event loops of the doors
                .withHttpClientFactory(new VertxHttpClientFactory())
                .build());
    }

    /** The client; belongs to this. */
    public KubernetesClient get() {
        return client;
    }

    @Override
    public void close() {
        client.close();
    }
}
