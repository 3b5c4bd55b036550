package io.kvasir.app;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;

/** A client of the cluster's API server for calls that somebody waits for: a short deadline, and no retries. */
final class ApiCalls {
    private static final int CONNECT_MILLIS = 2_000;
    private static final int ANSWER_MILLIS = 3_000;

    private ApiCalls() {}

    static KubernetesClient client() {
        return new KubernetesClientBuilder()
                .editOrNewConfig()
                .withConnectionTimeout(CONNECT_MILLIS)
                .withRequestTimeout(ANSWER_MILLIS)
                .withRequestRetryBackoffLimit(0)
                .endConfig()
                .build();
    }
}
