package io.kvasir.admission.flow;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.PoolSnapshot;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What the queue is like at one moment, for whoever looks. Guarded by the lock of the queue. */
final class Account {
    private static final double SECOND = 1e9;

    private final Bands bands;
    private final Gates gates;
    private final PoolSnapshot pool;
    private final double growth;
    private final long nowNanos;

    Account(Bands bands, Gates gates, PoolSnapshot pool, double growth, long nowNanos) {
        this.bands = bands;
        this.gates = gates;
        this.pool = pool;
        this.growth = growth;
        this.nowNanos = nowNanos;
    }

    QueueSnapshot snapshot(long waiting, long bytes, long tokens) {
        var ofBands = new ArrayList<QueueSnapshot.Band>();
        var flows = new ArrayList<QueueSnapshot.Flow>();
        var tenants = new ArrayList<QueueSnapshot.Tenant>();
        var shares = new ArrayList<Double>();
        for (var band : bands.all()) {
            ofBands.add(band.snapshot(nowNanos));
            tenants(band, tenants, shares);
            band.tenants().values().forEach(tenant -> flows(tenant, flows));
        }
        tenants.sort(Comparator.comparingDouble(QueueSnapshot.Tenant::recentTokens)
                .reversed()
                .thenComparing(QueueSnapshot.Tenant::tenant));
        return new QueueSnapshot(
                ofBands, flows, tenants, saturation(tokens), jain(shares), pool.size() == 0, waiting, bytes, tokens);
    }

    private void tenants(Band band, List<QueueSnapshot.Tenant> into, List<Double> shares) {
        var all = new ArrayList<>(band.tenants().values());
        double total = all.stream().mapToDouble(this::recent).sum();
        double level = level(all, total);
        for (var tenant : all) {
            double recent = recent(tenant);
            double entitled = contends(tenant) ? level : Math.min(recent, level);
            if (contends(tenant) && level > 0) {
                shares.add(recent / level);
            }
            into.add(new QueueSnapshot.Tenant(
                    band.priority(),
                    tenant.id(),
                    tenant.waiting(),
                    tenant.inFlight().get(),
                    oldestSeconds(tenant),
                    tenant.served(),
                    recent,
                    total > 0 ? recent / total : 0,
                    total > 0 ? entitled / total : 0));
        }
    }

    private static void flows(Tenant tenant, List<QueueSnapshot.Flow> into) {
        record Models(String asked, String model) {}
        Map<Models, long[]> sums = new LinkedHashMap<>();
        for (var line : tenant.lines()) {
            for (var held : line.requests()) {
                long[] sum = sums.computeIfAbsent(new Models(held.asked(), held.model()), _ -> new long[2]);
                sum[0]++;
                sum[1] += held.bytes();
            }
        }
        sums.forEach((models, sum) -> into.add(new QueueSnapshot.Flow(
                tenant.band().priority(), tenant.id(), models.asked, models.model, sum[0], sum[1])));
    }

    private double recent(Tenant tenant) {
        return tenant.service() / growth;
    }

    private boolean contends(Tenant tenant) {
        return tenant.waiting() > 0
                || tenant.lastWaitNanos() != Long.MIN_VALUE
                        && nowNanos - tenant.lastWaitNanos() < bands.settings().halfLifeSeconds() * SECOND;
    }

    /** What each gets that wants more, where those who want less have what they want: max-min fairness. */
    private double level(List<Tenant> all, double total) {
        double left = total;
        int sharing = all.size();
        double level = sharing == 0 ? 0 : left / sharing;
        var modest = all.stream()
                .filter(tenant -> !contends(tenant))
                .sorted(Comparator.comparingDouble(Tenant::service))
                .toList();
        for (var tenant : modest) {
            if (recent(tenant) >= level || sharing == 1) {
                break;
            }
            left -= recent(tenant);
            sharing--;
            level = left / sharing;
        }
        return level;
    }

    private double oldestSeconds(Tenant tenant) {
        long oldest = nowNanos;
        for (var line : tenant.lines()) {
            for (var held : line.requests()) {
                oldest = Math.min(oldest, held.heldNanos());
            }
        }
        return (nowNanos - oldest) / SECOND;
    }

    private static double jain(List<Double> shares) {
        double sum = shares.stream().mapToDouble(Double::doubleValue).sum();
        double squares = shares.stream().mapToDouble(share -> share * share).sum();
        return squares == 0 ? 1 : sum * sum / (shares.size() * squares);
    }

    /** @param tokens of prompts that wait */
    private List<QueueSnapshot.Saturation> saturation(long tokens) {
        Map<String, List<Endpoint>> classes = new TreeMap<>();
        for (int i = 0; i < pool.size(); i++) {
            var endpoint = pool.at(i);
            if (endpoint.spec().role().decodes() && Gates.healthy(endpoint, nowNanos)) {
                classes.computeIfAbsent(endpoint.hardware().name(), _ -> new ArrayList<>())
                        .add(endpoint);
            }
        }
        int all = classes.values().stream().mapToInt(List::size).sum();
        var saturation = new ArrayList<QueueSnapshot.Saturation>();
        classes.forEach((name, endpoints) -> saturation.add(saturation(name, endpoints, (double) tokens / all)));
        return saturation;
    }

    /** @param tokens of prompts that wait, for each endpoint */
    private QueueSnapshot.Saturation saturation(String name, List<Endpoint> endpoints, double tokens) {
        double hold = bands.settings().holdSeconds();
        int free = 0;
        int idle = 0;
        double sum = 0;
        double least = Double.POSITIVE_INFINITY;
        for (var endpoint : endpoints) {
            String model = endpoint.baseModel();
            String priced = model == null ? "" : model;
            double wait = gates.promptSeconds(endpoint, priced, 0, nowNanos);
            free += wait < hold ? 1 : 0;
            idle += endpoint.load().requests() == 0 ? 1 : 0;
            least = Math.min(least, wait);
            sum += wait + (tokens > 0 ? gates.prefillSeconds(endpoint, priced, tokens) : 0);
        }
        double missing = sum / hold - endpoints.size();
        double replicas = tokens > 0 || free == 0 ? Math.max(0, missing) : -idle;
        return new QueueSnapshot.Saturation(name, endpoints.size(), free, least, replicas);
    }
}
