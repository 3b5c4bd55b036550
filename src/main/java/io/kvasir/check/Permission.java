package io.kvasir.check;

import java.util.List;

/**
 * A row of what a picker may be permitted.
 *
 * @param namespaced whether a Role grants it, else a ClusterRole
 * @param group API group, empty for the core one
 * @param verbs each of them asked for
 * @param missing how bad it is without
 * @param without what happens then
 */
record Permission(
        boolean namespaced, String group, String resource, List<String> verbs, Severity missing, String without) {
    private static final List<String> READ = List.of("list", "watch");

    /** What {@code serve} asks of a cluster, for a pool of that group. */
    static List<Permission> of(String poolGroup) {
        String off = "rewrites and objectives of that group are off";
        String election = "needed with --ha-enable-leader-election only";
        String review = "needed unless --metrics-endpoint-auth=false: without it /metrics refuses everybody";
        return List.of(
                new Permission(true, "", "pods", READ, Severity.PROBLEM, "there are no endpoints"),
                new Permission(true, poolGroup, "inferencepools", READ, Severity.PROBLEM, "there are no endpoints"),
                new Permission(true, "inference.networking.x-k8s.io", "inferenceobjectives", READ, Severity.OK, off),
                new Permission(true, "inference.networking.x-k8s.io", "inferencemodelrewrites", READ, Severity.OK, off),
                new Permission(true, "llm-d.ai", "inferenceobjectives", READ, Severity.OK, off),
                new Permission(true, "llm-d.ai", "inferencemodelrewrites", READ, Severity.OK, off),
                new Permission(
                        true,
                        "coordination.k8s.io",
                        "leases",
                        List.of("get", "create", "update"),
                        Severity.OK,
                        election),
                new Permission(
                        false, "authentication.k8s.io", "tokenreviews", List.of("create"), Severity.WARNING, review),
                new Permission(
                        false,
                        "authorization.k8s.io",
                        "subjectaccessreviews",
                        List.of("create"),
                        Severity.WARNING,
                        review),
                new Permission(
                        false, "", "nodes", READ, Severity.OK, "hardware is read from pods alone (docs/hardware.md)"));
    }

    /** As {@code kubectl auth can-i} names it. */
    String name() {
        return group.isEmpty() ? resource : resource + "." + group;
    }
}
