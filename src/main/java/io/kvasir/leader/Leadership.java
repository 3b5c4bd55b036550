package io.kvasir.leader;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import java.time.InstantSource;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.BooleanSupplier;
import org.jboss.logging.Logger;

/** Takes part in the election until it is closed, on a thread of its own. */
public final class Leadership implements AutoCloseable, Metered {
    private static final Logger LOG = Logger.getLogger(Leadership.class);
    private static final long LAST_ROUND_SECONDS = 5;

    private final LeaseSettings settings;
    private final LeaseElection election;
    private final ScheduledExecutorService rounds = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("leader-election").factory());
    private final AtomicLongArray counts = new AtomicLongArray(Round.values().length);
    private String told = "";
    private boolean failing;

    private Leadership(LeaseSettings settings, LeaseElection election) {
        this.settings = settings;
        this.election = election;
    }

    /**
     * Begins.
     *
     * @param client of the API server, with a short deadline and without retries of its own; stays the caller's to close
     * @param eligible whether this replica could serve; one that cannot takes no Lease
     */
    public static Leadership start(KubernetesClient client, LeaseSettings settings, BooleanSupplier eligible) {
        var election = new LeaseElection(client, settings, eligible, InstantSource.system(), System::nanoTime);
        var leadership = new Leadership(settings, election);
        var _ = leadership.rounds.scheduleWithFixedDelay(
                leadership::round, 0, settings.period().toMillis(), TimeUnit.MILLISECONDS);
        return leadership;
    }

    private void round() {
        try {
            Round round = election.round();
            counts.getAndIncrement(round.ordinal());
            log(round);
        } catch (RuntimeException e) {
            // the next round must come
            LOG.error("a round of the leader election failed", e);
        }
    }

    private void log(Round round) {
        if (round.failed() != failing) {
            failing = round.failed();
            if (failing) {
                LOG.warnf(
                        "Lease %s/%s cannot be used, this replica goes on %s: %s; its service account needs get, create"
                                + " and update on leases (coordination.k8s.io)",
                        settings.namespace(),
                        settings.name(),
                        election.leading() ? "leading" : "following",
                        election.failure());
            } else {
                LOG.infof("Lease %s/%s can be used again", settings.namespace(), settings.name());
            }
        }
        String now = election.leading() ? settings.identity() : election.holder();
        if (!now.equals(told) && !failing) {
            told = now;
            LOG.infof("%s leads by Lease %s/%s", now.isEmpty() ? "nobody" : now, settings.namespace(), settings.name());
        }
    }

    /** Whether this replica leads, as far as it knows. */
    public boolean leading() {
        return election.leading();
    }

    /** How many rounds ended so. */
    public long rounds(Round round) {
        return counts.get(round.ordinal());
    }

    /** Ends its part and gives a Lease that it holds up, so that another replica leads at once. */
    @Override
    public void close() {
        rounds.shutdown();
        try {
            if (rounds.awaitTermination(LAST_ROUND_SECONDS, TimeUnit.SECONDS)
                    && election.release().failed()) {
                LOG.warnf(
                        "Lease %s/%s was not given up, others wait until it expires: %s",
                        settings.namespace(), settings.name(), election.failure());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void describe(MetricSink sink) {
        sink.counters(
                "kvasir_leader_rounds",
                "Looks at the Lease, by how they ended.",
                "round",
                Round.values(),
                Round::code,
                this::rounds);
    }
}
