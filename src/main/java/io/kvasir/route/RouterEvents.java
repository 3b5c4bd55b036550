package io.kvasir.route;

import io.kvasir.failure.ContainedFailures;
import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The stream of what the router does, for any number of listeners. Where nobody listens to a kind of events, none is made.
 * A listener that throws is counted, and changes nothing for the request or for other listeners. One that may be slow has a
 * bounded queue and a thread of its own; what does not fit is dropped and counted. From any thread.
 */
public final class RouterEvents implements Metered {
    /** Who listens, and to what. */
    private record Subscriber(int kinds, RouterListener listener) {}

    private final ContainedFailures failures;
    private final AtomicLong ids = new AtomicLong();
    private final List<EventQueue> queues = new CopyOnWriteArrayList<>();
    private volatile Subscriber[] subscribers = {};
    /** A bit for each kind that somebody listens to. */
    private volatile int wanted;

    /** @param failures counts those of listeners */
    RouterEvents(ContainedFailures failures) {
        this.failures = failures;
    }

    /** An end to listening; closing it again changes nothing. */
    public interface Subscription extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Has a listener told on the thread on which things happen, which it must not hold up: it does not block, and is done in
     * about a microsecond.
     */
    public Subscription listen(Set<RouterEvent.Kind> kinds, RouterListener listener) {
        var subscriber = new Subscriber(bits(kinds), listener);
        change(subscriber, true);
        return () -> change(subscriber, false);
    }

    /**
     * Has a listener told on a thread of its own, in order, as long as no more than {@code most} events wait for it. Closing
     * waits for a second at most until what waits is told.
     *
     * @param name of the listener, in metrics, of a fixed set
     */
    public EventQueue listenApart(String name, Set<RouterEvent.Kind> kinds, int most, RouterListener listener) {
        var queue = new EventQueue(name, most, listener, failures);
        var subscriber = new Subscriber(bits(kinds), queue::offer);
        queues.add(queue);
        queue.start(() -> {
            change(subscriber, false);
            queues.remove(queue);
        });
        change(subscriber, true);
        return queue;
    }

    /** Whether somebody listens to that kind of events, so that one is worth making. */
    public boolean wants(RouterEvent.Kind kind) {
        return (wanted & 1 << kind.ordinal()) != 0;
    }

    /** Tells whoever listens to its kind. */
    public void publish(RouterEvent event) {
        int bit = 1 << event.kind().ordinal();
        for (var subscriber : subscribers) {
            if ((subscriber.kinds & bit) != 0) {
                try {
                    subscriber.listener.on(event);
                } catch (RuntimeException e) {
                    failures.failed(e);
                }
            }
        }
    }

    /** A number for a request that nobody else has; 0 where nobody would be told of it. */
    long nextId() {
        return wanted == 0 ? 0 : ids.incrementAndGet();
    }

    /** Listeners with queues. */
    public List<EventQueue> queues() {
        return List.copyOf(queues);
    }

    private static int bits(Set<RouterEvent.Kind> kinds) {
        return kinds.stream().mapToInt(kind -> 1 << kind.ordinal()).reduce(0, (a, b) -> a | b);
    }

    private synchronized void change(Subscriber subscriber, boolean comes) {
        var now = subscribers;
        var next = comes ? Arrays.copyOf(now, now.length + 1) : without(now, subscriber);
        if (comes) {
            next[now.length] = subscriber;
        }
        int kinds = 0;
        for (var one : next) {
            kinds |= one.kinds;
        }
        subscribers = next;
        wanted = kinds;
    }

    @SuppressWarnings("ReferenceEquality") // the same listener may listen twice
    private static Subscriber[] without(Subscriber[] some, Subscriber leaving) {
        return Arrays.stream(some).filter(one -> one != leaving).toArray(Subscriber[]::new);
    }

    @Override
    public void describe(MetricSink sink) {
        for (var queue : queues) {
            sink.counter(
                    "kvasir_events_dropped",
                    "Events that a listener was not told, as it was too slow.",
                    queue.dropped(),
                    "listener",
                    queue.name());
        }
        failures.describe(sink, "decision-listener");
    }
}
