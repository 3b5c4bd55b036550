package io.kvasir.check;

import static io.kvasir.check.Severity.OK;
import static io.kvasir.check.Severity.PROBLEM;
import static io.kvasir.check.Severity.UNKNOWN;
import static io.kvasir.check.Severity.WARNING;

import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReview;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReviewBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kvasir.discovery.hardware.HardwareLabels;
import io.kvasir.discovery.hardware.HardwareNote;
import io.kvasir.discovery.hardware.HardwareReports;
import io.kvasir.discovery.kubernetes.DiscoveryCounts;
import io.kvasir.discovery.kubernetes.DiscoverySettings;
import io.kvasir.discovery.kubernetes.IgnoredPod;
import io.kvasir.discovery.kubernetes.KubernetesDiscovery;
import io.kvasir.failure.FailureText;
import io.kvasir.pool.Pool;
import io.kvasir.traffic.TrafficRules;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What a cluster permits, and the endpoints that it says a pool has. Reviews of access are asked for, nothing is kept. */
final class ClusterCheck {
    private static final String CLUSTER = "cluster";
    private static final long LOOK_MILLIS = 20;

    /** Probes' times that reading the pool may take: it lists several kinds of object. */
    private static final int LISTS = 5;

    private final KubernetesClient client;
    private final Duration timeout;
    private final Findings findings;

    ClusterCheck(KubernetesClient client, Duration timeout, Findings findings) {
        this.client = client;
        this.timeout = timeout;
        this.findings = findings;
    }

    /**
     * Looks at permissions and fills the pool.
     *
     * @return whether the pool is as {@code serve} would see it
     */
    boolean check(String namespace, String poolName, String poolGroup, Pool pool) {
        for (var permission : Permission.of(poolGroup)) {
            if (!permitted(permission, namespace)) {
                return false;
            }
        }
        return discover(DiscoverySettings.pool(namespace, poolName, poolGroup), pool);
    }

    /** Says whether it is; false where the API server does not answer. */
    private boolean permitted(Permission permission, String namespace) {
        var denied = new ArrayList<String>();
        for (String verb : permission.verbs()) {
            try {
                var status = Bounded.call(
                                timeout,
                                () -> client.authorization()
                                        .v1()
                                        .selfSubjectAccessReview()
                                        .create(review(permission, namespace, verb)))
                        .getStatus();
                if (status == null) {
                    findings.add(UNKNOWN, CLUSTER, "permissions", permission.name() + ": the review has no answer");
                    return true;
                }
                if (!Boolean.TRUE.equals(status.getAllowed())) {
                    denied.add(verb);
                }
            } catch (IOException e) {
                findings.add(
                        PROBLEM,
                        CLUSTER,
                        "reachable",
                        client.getMasterUrl() + " does not review access: " + FailureText.of(e));
                return false;
            }
        }
        if (denied.isEmpty()) {
            findings.add(OK, CLUSTER, "permissions", permission.name() + ": " + String.join(", ", permission.verbs()));
        } else {
            findings.add(
                    permission.missing(),
                    CLUSTER,
                    "permissions",
                    permission.name() + ": no " + String.join(", ", denied) + "; " + permission.without());
        }
        return true;
    }

    private static SelfSubjectAccessReview review(Permission permission, String namespace, String verb) {
        return new SelfSubjectAccessReviewBuilder()
                .withNewSpec()
                .withNewResourceAttributes()
                .withNamespace(permission.namespaced() ? namespace : null)
                .withGroup(permission.group())
                .withResource(permission.resource())
                .withVerb(verb)
                .endResourceAttributes()
                .endSpec()
                .build();
    }

    private boolean discover(DiscoverySettings settings, Pool pool) {
        var hardware = new HardwareReports(HardwareLabels.load(pool.catalogue()));
        String name = settings.namespace() + "/" + settings.poolName();
        try (var discovery = new KubernetesDiscovery(client, settings, pool, new TrafficRules(), hardware)) {
            discovery.start();
            if (!synced(discovery)) {
                boolean absent =
                        Integer.valueOf(0).equals(discovery.counts().objects().get("inferencepools"));
                findings.add(
                        PROBLEM,
                        CLUSTER,
                        "pool",
                        absent
                                ? "there is no InferencePool " + name + " in " + settings.poolGroup()
                                : "InferencePool " + name + " and its pods could not be read within "
                                        + timeout.multipliedBy(LISTS).toMillis() + " ms");
                return false;
            }
            pods(name, discovery.counts(), pool);
        }
        for (HardwareNote note : HardwareNote.values()) {
            if (hardware.noted(note) > 0) {
                findings.add(WARNING, CLUSTER, "hardware", hardware.noted(note) + " pods: " + note.code());
            }
        }
        return true;
    }

    private boolean synced(KubernetesDiscovery discovery) {
        long end = System.nanoTime() + timeout.multipliedBy(LISTS).toNanos();
        while (!discovery.synced()) {
            if (System.nanoTime() - end > 0
                    || Integer.valueOf(0).equals(discovery.counts().objects().get("inferencepools"))) {
                return false;
            }
            try {
                Thread.sleep(LOOK_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return true;
    }

    private void pods(String name, DiscoveryCounts counts, Pool pool) {
        var ignored = new ArrayList<String>();
        Arrays.stream(IgnoredPod.values())
                .filter(reason -> counts.ignored(reason) > 0)
                .forEach(reason -> ignored.add(counts.ignored(reason) + " " + reason.code()));
        boolean lost = List.of(IgnoredPod.NOT_READY, IgnoredPod.NO_ACTIVE_PORT, IgnoredPod.GROUP_INCOMPLETE).stream()
                .anyMatch(reason -> counts.ignored(reason) > 0);
        findings.add(
                lost ? WARNING : OK,
                CLUSTER,
                "pool",
                "InferencePool " + name + ": "
                        + pool.snapshot().size() + " endpoints"
                        + (ignored.isEmpty() ? "" : "; pods that are none: " + String.join(", ", ignored)));
        if (counts.unknownRoles() > 0) {
            findings.add(
                    WARNING,
                    CLUSTER,
                    "roles",
                    counts.unknownRoles() + " pods with a role label that means nothing" + " here; they serve both");
        }
        if (counts.unknownEngines() > 0) {
            findings.add(
                    WARNING,
                    CLUSTER,
                    "engines",
                    counts.unknownEngines()
                            + " pods with an engine label that means nothing here; they are read as vLLM");
        }
    }
}
