package io.kvasir.check;

import static io.kvasir.check.Severity.OK;
import static io.kvasir.check.Severity.PROBLEM;
import static io.kvasir.check.Severity.WARNING;

import io.kvasir.cost.ModelCatalogue;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.Role;
import io.kvasir.pool.ServedModel;
import io.kvasir.schedule.Policy;
import io.kvasir.schedule.PoolAdvice;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What the endpoints make together, once each was looked at. */
final class PoolCheck {
    private static final String POOL = "pool";

    private final List<Endpoint> endpoints;
    private final Policy policy;
    private final Findings findings;

    PoolCheck(List<Endpoint> endpoints, Policy policy, Findings findings) {
        this.endpoints = endpoints;
        this.policy = policy;
        this.findings = findings;
    }

    void check() {
        if (endpoints.isEmpty()) {
            findings.add(PROBLEM, POOL, "endpoints", "there are none: every request would be answered 503");
            return;
        }
        hardware();
        blockSizes();
        roles();
        PoolAdvice.of(endpoints, ModelCatalogue.load()).stream()
                .filter(advice -> advice.endpoint() == null)
                .forEach(advice -> findings.add(WARNING, POOL, "pairs", advice.text()));
        routing();
    }

    private void hardware() {
        var weights = new TreeMap<String, Double>();
        double whole = 0;
        for (var endpoint : endpoints) {
            weights.merge(endpoint.hardware().name(), endpoint.weight(), Double::sum);
            whole += endpoint.weight();
        }
        double all = whole;
        findings.add(
                OK,
                POOL,
                "hardware",
                weights.entrySet().stream()
                        .map(of -> String.format(Locale.ROOT, "%s %.0f %%", of.getKey(), 100 * of.getValue() / all))
                        .collect(Collectors.joining(", ", "share of capacity: ", "")));
    }

    /** A pool may have several models; sizes are compared inside each. */
    private void blockSizes() {
        var byModel = new TreeMap<String, Map<Integer, List<String>>>();
        for (var endpoint : endpoints) {
            int size = endpoint.stats().blockSize();
            if (size > 0) {
                byModel.computeIfAbsent(model(endpoint), _ -> new TreeMap<>())
                        .computeIfAbsent(size, _ -> new ArrayList<>())
                        .add(endpoint.spec().name());
            }
        }
        byModel.forEach((model, sizes) -> {
            if (sizes.size() > 1) {
                findings.add(
                        WARNING,
                        POOL,
                        "blocks",
                        model + " has blocks of several sizes: "
                                + sizes.entrySet().stream()
                                        .map(of -> of.getKey() + " tokens on " + of.getValue())
                                        .collect(Collectors.joining(", "))
                                + "; they cannot hand each other KV blocks");
            } else {
                findings.add(
                        OK,
                        POOL,
                        "blocks",
                        model + " has blocks of " + sizes.keySet().iterator().next() + " tokens everywhere");
            }
        });
    }

    private static String model(Endpoint endpoint) {
        if (endpoint.spec().model() != null) {
            return endpoint.spec().model();
        }
        return endpoint.models().stream()
                .filter(model -> model.parent() == null)
                .map(ServedModel::id)
                .findFirst()
                .orElse("(unknown model)");
    }

    private void roles() {
        long prefill = with(Role.PREFILL);
        long decode = endpoints.stream().filter(e -> e.spec().role().decodes()).count();
        String text = endpoints.stream()
                .collect(Collectors.groupingBy(
                        e -> e.spec().role().name().toLowerCase(Locale.ROOT), TreeMap::new, Collectors.counting()))
                .toString();
        if (decode == 0) {
            findings.add(
                    PROBLEM, POOL, "roles", text + ": nobody answers clients; every request would be answered 503");
        } else if (with(Role.DECODE) > 0 && prefill == 0 && with(Role.BOTH) == 0) {
            findings.add(WARNING, POOL, "roles", text + ": decode without prefill; decode endpoints do their prefill");
        } else {
            findings.add(OK, POOL, "roles", text);
        }
    }

    private long with(Role role) {
        return endpoints.stream().filter(e -> e.spec().role() == role).count();
    }

    private void routing() {
        long known = endpoints.stream()
                .filter(e -> e.spec().weight() > 0 || e.hardware().known())
                .count();
        long read = endpoints.stream().filter(e -> e.stats().known()).count();
        findings.add(
                OK,
                POOL,
                "routing",
                "policy " + policy.key() + ", rates of the catalogue for " + known + " of " + endpoints.size()
                        + " endpoints, load from metrics of " + read + " and from the router's own books of all");
        long events = endpoints.stream()
                .filter(e -> e.replica().kvEvents().confidence() > 0)
                .count();
        findings.add(
                OK,
                POOL,
                "routing",
                "prefix view: "
                        + (events == 0
                                ? "approximate, from what was routed"
                                : "precise for " + events + " of " + endpoints.size()
                                        + " endpoints, from their KV events, and approximate for the others"));
        long prefill = with(Role.PREFILL);
        if (prefill > 0 && endpoints.stream().anyMatch(e -> e.spec().role().decodes())) {
            findings.add(
                    OK,
                    POOL,
                    "routing",
                    prefill
                            + " prefill endpoints: the endpoint picker pairs them as --pd-decider says, the HTTP proxy sends"
                            + " them nothing");
        }
    }
}
