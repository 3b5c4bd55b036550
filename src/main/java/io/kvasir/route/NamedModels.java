package io.kvasir.route;

import io.kvasir.request.ModelName;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What is kept by model. Names of models come from clients: those that an endpoint is known to serve are told apart, and of
 * others the first {@link #GUESTS} that an engine answered to; the rest share one. So names that are made up neither grow
 * this nor take the place of real ones. Safe for any thread; readers take no lock.
 */
final class NamedModels<V> {
    /** Names told apart that nobody but an engine's answer vouches for. */
    static final int GUESTS = 64;

    /** Names told apart in all: far more than a pool serves. */
    static final int MOST = 1024;

    /** What the rest is called. */
    static final String OTHER = "other";

    private final ConcurrentHashMap<String, V> byName = new ConcurrentHashMap<>();
    private final AtomicInteger guests = new AtomicInteger();
    private final Supplier<V> making;

    /** @param making makes what is kept of a model that was not known before */
    NamedModels(Supplier<V> making) {
        this.making = making;
    }

    /** What is kept of that model; null where it is not told apart, or nothing is kept of it yet. */
    @Nullable
    V find(String model) {
        return byName.get(ModelName.folded(model));
    }

    /**
     * What is kept of that model, whichever of its names is used, or of all others where it is not to be told apart; made where it is new.
     *
     * @param served whether an endpoint is known to serve that model
     * @param answered whether an engine answered to it without an error
     */
    V of(String name, boolean served, boolean answered) {
        String model = ModelName.folded(name);
        var known = byName.get(model);
        if (known != null) {
            return known;
        }
        boolean apart = byName.size() < MOST && (served || (answered && guest(model)));
        return byName.computeIfAbsent(apart ? model : OTHER, _ -> making.get());
    }

    private boolean guest(String model) {
        return model.isEmpty() || guests.getAndUpdate(n -> Math.min(GUESTS, n + 1)) < GUESTS;
    }

    /** Visits all. */
    void forEach(BiConsumer<String, V> visitor) {
        byName.forEach(visitor);
    }
}
