package io.kvasir.cluster;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.vertx.VertxHttpClientFactory;

/** Makes clients of the cluster's API server, none of which tries a request twice. They connect to nothing yet. */
public final class ApiClients {
    /** The handshake of TLS counts as connecting, and takes seconds where a CPU is starved: so no less than the whole call. */
    private static final int CALL_MILLIS = 3_000;

    private static final int LIST_MILLIS = 15_000;

    private ApiClients() {}

    /** For calls that somebody waits for, with a short deadline. */
    public static KubernetesClient forCalls() {
        return new KubernetesClientBuilder()
                .withConfig(once(Config.autoConfigure(null), CALL_MILLIS).build())
                .build();
    }

    /** For streams, with the service account of the pod, or the kubeconfig of a developer. */
    public static KubernetesClient forStreams() {
        return forStreams(Config.autoConfigure(null));
    }

    /**
     * For streams: lists may be long, a watch ends when it ends, and objects are read on event loops of its own, away from
     * those that serve requests.
     *
     * @param base tells server and credentials
     */
    public static KubernetesClient forStreams(Config base) {
        return new KubernetesClientBuilder()
                .withConfig(once(base, LIST_MILLIS).withWatchReconnectLimit(0).build())
                // Quarkus' factory would take the event loops of the doors
                .withHttpClientFactory(new VertxHttpClientFactory())
                .build();
    }

    private static ConfigBuilder once(Config base, int millis) {
        String algorithm = ClientKey.algorithm(base);
        return new ConfigBuilder(base)
                // what is configured may be the client's default, which is RSA
                .withClientKeyAlgo(algorithm == null ? base.getClientKeyAlgo() : algorithm)
                .withConnectionTimeout(millis)
                .withRequestTimeout(millis)
                .withRequestRetryBackoffLimit(0);
    }
}
