package io.kvasir.app;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.kvasir.cluster.ApiClients;
import io.kvasir.leader.Leadership;
import io.kvasir.leader.LeaseSettings;
import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;

/** Leader election of {@code serve}: makes the lead a condition of readiness. */
final class LeaderElection implements AutoCloseable, Metered {
    private static final String CONDITION = "leader";

    private final KubernetesClient client = ApiClients.forCalls();
    private final Leadership leadership;

    private LeaderElection(LeaseSettings lease, Conditions conditions) {
        leadership = Leadership.start(client, lease, () -> conditions.holdBut(CONDITION));
        conditions.require(CONDITION, leadership::leading);
    }

    static LeaderElection start(LeaseSettings lease, Conditions conditions) {
        return new LeaderElection(lease, conditions);
    }

    @Override
    public void describe(MetricSink sink) {
        leadership.describe(sink);
    }

    @Override
    public void close() {
        leadership.close();
        client.close();
    }
}
