package io.kvasir.route;

import io.kvasir.prefix.KeySource;
import io.kvasir.prefix.PrefixView;
import io.kvasir.request.BodyFormat;
import io.kvasir.request.PromptFanOut;
import io.kvasir.request.PromptFanOut.Listener;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Leases what reads bodies, for the keys that a view needs at that moment, and keeps idle ones. From any thread. */
final class Readings {
    private final PrefixView view;
    private final int kept;
    private final PromptFanOut.Counts counts;
    private final ConcurrentLinkedQueue<Reading> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger idle = new AtomicInteger();
    private volatile List<KeyListener> listeners = List.of(KeyListener.KEYER);

    /** @param kept idle readings kept at most */
    Readings(PrefixView view, int kept, PromptFanOut.Counts counts) {
        this.view = view;
        this.kept = kept;
        this.counts = counts;
    }

    /** Has one more listener hear prompts that begin from now on. */
    synchronized void listen(KeyListener listener) {
        var more = new ArrayList<>(listeners);
        more.add(listener);
        listeners = List.copyOf(more);
    }

    Reading lease(BodyFormat format) {
        var wanted = listeners;
        var reading = idleOne();
        while (reading != null && !reading.heardBy(wanted)) {
            reading = idleOne();
        }
        return (reading == null ? make(wanted) : reading).lease(format, view.schemes());
    }

    private @Nullable Reading idleOne() {
        var reading = waiting.poll();
        if (reading != null) {
            idle.decrementAndGet();
        }
        return reading;
    }

    private Reading make(List<KeyListener> wanted) {
        var sources = new ArrayList<KeySource>();
        var heard = new ArrayList<Listener>();
        for (KeyListener listener : wanted) {
            var source = listener.make().get();
            sources.add(source);
            heard.add(new Listener(source, listener.bound()));
        }
        return new Reading(this, wanted, sources.toArray(KeySource[]::new), new PromptFanOut(heard, counts));
    }

    void giveBack(Reading reading) {
        if (idle.get() < kept) {
            idle.incrementAndGet();
            waiting.offer(reading);
        }
    }
}
