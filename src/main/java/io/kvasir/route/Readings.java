package io.kvasir.route;

import io.kvasir.prefix.KeySource;
import io.kvasir.prefix.PrefixView;
import io.kvasir.prefix.PromptKeyer;
import io.kvasir.request.BodyFormat;
import io.kvasir.request.PromptFanOut;
import io.kvasir.request.PromptFanOut.Listener;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** Leases what reads bodies, for the keys that a view needs at that moment, and keeps idle ones. From any thread. */
final class Readings {
    private final PrefixView view;
    private final int kept;
    private final List<KeyListener> listeners;
    private final PromptFanOut.Counts counts;
    private final ConcurrentLinkedQueue<Reading> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger idle = new AtomicInteger();

    /**
     * What listens to every prompt and makes keys of it.
     *
     * @param make makes one for each reading
     * @param bound content that it hears of one prompt at most, see {@link Listener}
     */
    record KeyListener(Supplier<? extends KeySource> make, long bound) {
        /** Text and token ids as clients send them; bounds itself. */
        static final KeyListener KEYER = new KeyListener(PromptKeyer::new, Long.MAX_VALUE);
    }

    /**
     * @param kept idle readings kept at most
     * @param listeners where two make keys of one scheme, the first one's count
     */
    Readings(PrefixView view, int kept, List<KeyListener> listeners, PromptFanOut.Counts counts) {
        this.view = view;
        this.kept = kept;
        this.listeners = List.copyOf(listeners);
        this.counts = counts;
    }

    Reading lease(BodyFormat format) {
        var reading = waiting.poll();
        if (reading == null) {
            reading = make();
        } else {
            idle.decrementAndGet();
        }
        return reading.lease(format, view.schemes());
    }

    private Reading make() {
        var sources = new ArrayList<KeySource>();
        var heard = new ArrayList<Listener>();
        for (KeyListener listener : listeners) {
            var source = listener.make.get();
            sources.add(source);
            heard.add(new Listener(source, listener.bound));
        }
        return new Reading(this, sources.toArray(KeySource[]::new), new PromptFanOut(heard, counts));
    }

    void giveBack(Reading reading) {
        if (idle.get() < kept) {
            idle.incrementAndGet();
            waiting.offer(reading);
        }
    }
}
