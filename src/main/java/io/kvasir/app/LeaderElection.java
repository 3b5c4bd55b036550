package io.kvasir.app;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.kvasir.cluster.ApiClients;
import io.kvasir.leader.Leadership;
import io.kvasir.leader.LeaseSettings;
import io.kvasir.leader.Round;
import io.kvasir.observe.Families;

/** Leader election of {@code serve}: makes the lead a condition of readiness. */
final class LeaderElection implements AutoCloseable {
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

    void collect(Families families) {
        for (Round round : Round.values()) {
            families.counter(
                    "kvasir_leader_rounds",
                    "Looks at the Lease, by how they ended.",
                    leadership.rounds(round),
                    "round",
                    round.code());
        }
    }

    @Override
    public void close() {
        leadership.close();
        client.close();
    }
}
