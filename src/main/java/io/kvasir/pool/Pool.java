package io.kvasir.pool;

import io.kvasir.failure.ContainedFailures;
import io.kvasir.metric.MetricSink;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The pool's endpoints over time. One writer at a time changes it (discovery); readers take {@link #snapshot}. An
 * endpoint is known by its {@code ip:port}: a description that changes otherwise keeps ordinal, books and health.
 */
public final class Pool {
    private final HardwareCatalogue catalogue;
    private final List<PoolListener> listeners = new CopyOnWriteArrayList<>();
    private final ContainedFailures listenerFailures = new ContainedFailures("a listener to the pool");
    private final Object change = new Object();
    private long came;
    private volatile PoolSnapshot snapshot = new PoolSnapshot(0, new Endpoint[0]);

    public Pool(HardwareCatalogue catalogue) {
        this.catalogue = catalogue;
    }

    /** What tells its endpoints' hardware classes. */
    public HardwareCatalogue catalogue() {
        return catalogue;
    }

    public PoolSnapshot snapshot() {
        return snapshot;
    }

    /** Adds a listener; it is told of the endpoints already there as added. */
    public void listen(PoolListener listener) {
        synchronized (change) {
            listeners.add(listener);
            snapshot.endpoints().forEach(endpoint -> listenerFailures.contain(() -> listener.added(endpoint)));
        }
    }

    /** Makes the pool hold exactly these replicas. Of several with one {@code ip:port} the last is taken. */
    public void apply(List<EndpointSpec> specs) {
        synchronized (change) {
            var wanted = new LinkedHashMap<String, EndpointSpec>();
            specs.forEach(spec -> wanted.put(spec.hostPort(), spec));
            var capacities = new PoolCapacities(catalogue, List.copyOf(wanted.values()));
            var before = snapshot;
            var slots = new ArrayList<@Nullable Endpoint>();
            for (int i = 0; i < before.slots(); i++) {
                slots.add(before.byOrdinal(i));
            }
            var removed = new ArrayList<Endpoint>();
            var changed = new ArrayList<Map.Entry<Endpoint, Endpoint>>();
            for (var endpoint : before.endpoints()) {
                var spec = wanted.remove(endpoint.hostPort());
                if (spec == null) {
                    removed.add(endpoint);
                    slots.set(endpoint.ordinal(), null);
                    continue;
                }
                var hardware = capacities.hardware(spec);
                double speed = capacities.speed(spec);
                if (!spec.equals(endpoint.spec())
                        || !hardware.equals(endpoint.hardware())
                        || speed != endpoint.speed()) {
                    var after = endpoint.described(spec, hardware, speed);
                    changed.add(Map.entry(endpoint, after));
                    slots.set(endpoint.ordinal(), after);
                }
            }
            if (!removed.isEmpty()) {
                // published and told before ordinals are given away, so that nobody mixes up old and new
                publish(slots);
                removed.forEach(endpoint -> notifyListeners(listener -> listener.removed(endpoint)));
            }
            var added = new ArrayList<Endpoint>();
            int slot = 0;
            for (var spec : wanted.values()) {
                while (slot < slots.size() && slots.get(slot) != null) {
                    slot++;
                }
                var replica = new Replica(Tenancy.of(slot, came++), spec.hostPort(), this::reported);
                var endpoint = new Endpoint(replica, spec, capacities.hardware(spec), capacities.speed(spec));
                if (slot == slots.size()) {
                    slots.add(endpoint);
                } else {
                    slots.set(slot, endpoint);
                }
                added.add(endpoint);
            }
            if (!added.isEmpty() || !changed.isEmpty()) {
                publish(slots);
                changed.forEach(pair -> notifyListeners(listener -> listener.changed(pair.getKey(), pair.getValue())));
                added.forEach(endpoint -> notifyListeners(listener -> listener.added(endpoint)));
            }
        }
    }

    /** All of them, whatever one does. */
    private void notifyListeners(Consumer<PoolListener> what) {
        for (var listener : listeners) {
            listenerFailures.contain(() -> what.accept(listener));
        }
    }

    private void reported(Endpoint endpoint) {
        notifyListeners(listener -> listener.reported(endpoint));
    }

    /** How often a listener failed. */
    public long listenerFailures() {
        return listenerFailures.count();
    }

    private void publish(List<@Nullable Endpoint> slots) {
        int last = slots.size();
        while (last > 0 && slots.get(last - 1) == null) {
            last--;
        }
        snapshot =
                new PoolSnapshot(snapshot.version() + 1, slots.subList(0, last).toArray(Endpoint[]::new));
    }

    /**
     * Declares how its endpoints fare.
     *
     * @param nowNanos the clock of {@link EngineStats}
     */
    public void describe(MetricSink sink, long nowNanos) {
        for (Endpoint endpoint : snapshot.endpoints()) {
            endpoint.describe(sink, nowNanos);
        }
        listenerFailures.describe(sink, "pool-listener");
    }
}
