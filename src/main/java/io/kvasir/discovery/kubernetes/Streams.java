package io.kvasir.discovery.kubernetes;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Opens streams of one client, and knows those that are open. */
final class Streams implements AutoCloseable {
    private final KubernetesClient client;
    private final ScheduledExecutorService events;
    private final DiscoveryCounts counts;
    private final StreamTimes times;
    private final LongSupplier nanos;
    private final ObjectStream.Pause pause;
    private final Set<ObjectStream<?, ?>> open = ConcurrentHashMap.newKeySet();

    /**
     * None is open yet.
     *
     * @param events the thread that tables live on
     */
    Streams(
            KubernetesClient client,
            ScheduledExecutorService events,
            DiscoveryCounts counts,
            StreamTimes times,
            LongSupplier nanos,
            ObjectStream.Pause pause) {
        this.client = client;
        this.events = events;
        this.counts = counts;
        this.times = times;
        this.nanos = nanos;
        this.pause = pause;
    }

    KubernetesClient client() {
        return client;
    }

    ScheduledExecutorService events() {
        return events;
    }

    DiscoveryCounts counts() {
        return counts;
    }

    /** An empty table for a stream. */
    <F> ObjectTable<F> table(
            Function<F, String> name, BiPredicate<F, @Nullable F> urgent, ObjectTable.Listener listener) {
        return new ObjectTable<>(events, name, urgent, listener);
    }

    /** A stream of a kind that discovery cannot do without. */
    <T extends HasMetadata, F> ObjectStream<T, F> open(
            String kind, ObjectSource<T> source, Function<T, F> facts, ObjectSink<F> sink) {
        return open(kind, List.of(source), facts, sink, false);
    }

    /** A stream of a kind that may be missing or forbidden. */
    <T extends HasMetadata, F> ObjectStream<T, F> openIfAllowed(
            String kind, List<ObjectSource<T>> sources, Function<T, F> facts, ObjectSink<F> sink) {
        return open(kind, sources, facts, sink, true);
    }

    private <T extends HasMetadata, F> ObjectStream<T, F> open(
            String kind, List<ObjectSource<T>> sources, Function<T, F> facts, ObjectSink<F> sink, boolean optional) {
        var stream = new ObjectStream<>(sources, facts, sink, optional, counts.stream(kind), times, nanos, pause);
        open.add(stream);
        return stream.open();
    }

    void close(@Nullable ObjectStream<?, ?> stream) {
        if (stream != null) {
            open.remove(stream);
            stream.close();
        }
    }

    /** Closes all that are open. */
    @Override
    public void close() {
        open.forEach(this::close);
    }
}
