package io.kvasir.observe;

import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.PickCounts;
import io.kvasir.pool.PoolListener;
import io.kvasir.pool.Replica;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.function.ToLongFunction;

/**
 * Traffic of each hardware class beside its share of the pool's capacity. Counts outlast the endpoints they were made
 * on. The share of traffic is that of about the last minute: since the newest look that is at least so old.
 */
final class HardwareTraffic implements PoolListener, Metered {
    private static final long WINDOW_NANOS = Duration.ofMinutes(1).toNanos();
    private static final long BETWEEN_LOOKS_NANOS = Duration.ofSeconds(5).toNanos();

    /** What a class was given. */
    private record Given(long picks, long promptTokens) {
        static final Given NOTHING = new Given(0, 0);

        static Given to(PickCounts counts) {
            return new Given(counts.all(), counts.promptTokens());
        }

        Given plus(Given other) {
            return new Given(picks + other.picks, promptTokens + other.promptTokens);
        }

        Given minus(Given other) {
            return new Given(picks - other.picks, promptTokens - other.promptTokens);
        }
    }

    /** All classes at one time. */
    private record Look(long nanos, Map<String, Given> given) {}

    private final LongSupplier nanoClock;
    private final Map<Replica, Endpoint> endpoints = new HashMap<>();
    /** What endpoints had been given before they had the class that they have. */
    private final Map<Replica, Given> before = new HashMap<>();

    private final Map<String, Given> past = new HashMap<>();
    private final Deque<Look> looks = new ArrayDeque<>();

    HardwareTraffic(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    @Override
    public synchronized void added(Endpoint endpoint) {
        endpoints.put(endpoint.replica(), endpoint);
    }

    @Override
    public synchronized void changed(Endpoint was, Endpoint is) {
        if (!was.hardware().name().equals(is.hardware().name())) {
            settle(was);
            before.put(is.replica(), Given.to(is.picks()));
        }
        endpoints.put(is.replica(), is);
    }

    @Override
    public synchronized void removed(Endpoint endpoint) {
        settle(endpoint);
        endpoints.remove(endpoint.replica());
        before.remove(endpoint.replica());
    }

    private void settle(Endpoint endpoint) {
        past.merge(endpoint.hardware().name(), given(endpoint), Given::plus);
    }

    private Given given(Endpoint endpoint) {
        return Given.to(endpoint.picks()).minus(before.getOrDefault(endpoint.replica(), Given.NOTHING));
    }

    @Override
    public synchronized void describe(MetricSink sink) {
        var totals = new TreeMap<>(past);
        var capacity = new TreeMap<String, Double>();
        double whole = 0;
        for (var endpoint : endpoints.values()) {
            String hardware = endpoint.hardware().name();
            totals.merge(hardware, given(endpoint), Given::plus);
            double weight = endpoint.health().routable() ? endpoint.weight() : 0;
            capacity.merge(hardware, weight, Double::sum);
            whole += weight;
        }
        totals.forEach((hardware, given) -> {
            sink.counter("kvasir_hardware_picks", "Picks by hardware class.", given.picks, "hardware", hardware);
            sink.counter(
                    "kvasir_hardware_prompt_tokens",
                    "Prompt tokens of picks by hardware class.",
                    given.promptTokens,
                    "hardware",
                    hardware);
        });
        for (var of : capacity.entrySet()) {
            sink.gauge(
                    "kvasir_hardware_capacity_share",
                    "Share of the capacity that requests may be sent to, by hardware class.",
                    whole > 0 ? of.getValue() / whole : 0,
                    "hardware",
                    of.getKey());
        }
        var recent = since(totals);
        shares(sink, recent, "requests", Given::picks);
        shares(sink, recent, "prompt-tokens", Given::promptTokens);
    }

    /** What classes were given since the newest look that is a window old, else the oldest. */
    private Map<String, Given> since(Map<String, Given> totals) {
        long now = nanoClock.getAsLong();
        List<Look> old = new ArrayList<>(looks);
        for (int i = 1; i < old.size() && now - old.get(i).nanos >= WINDOW_NANOS; i++) {
            looks.removeFirst();
        }
        var oldest = looks.isEmpty() ? Map.<String, Given>of() : looks.getFirst().given;
        if (looks.isEmpty() || now - looks.getLast().nanos >= BETWEEN_LOOKS_NANOS) {
            looks.addLast(new Look(now, Map.copyOf(totals)));
        }
        var recent = new TreeMap<String, Given>();
        totals.forEach(
                (hardware, given) -> recent.put(hardware, given.minus(oldest.getOrDefault(hardware, Given.NOTHING))));
        return recent;
    }

    private static void shares(MetricSink sink, Map<String, Given> recent, String of, ToLongFunction<Given> amount) {
        long all = recent.values().stream().mapToLong(amount).sum();
        if (all > 0) {
            recent.forEach((hardware, given) -> sink.gauge(
                    "kvasir_hardware_traffic_share",
                    "Share of the traffic of about the last minute, by hardware class; absent without traffic.",
                    (double) amount.applyAsLong(given) / all,
                    "hardware",
                    hardware,
                    "of",
                    of));
        }
    }
}
