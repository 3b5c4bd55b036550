package io.kvasir.cost;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.ServedModels;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The rates of all endpoints. What an endpoint is and serves is looked at once, and again when it changes; after that its
 * rates are one read of an array by ordinal, whatever models are asked for in turn. Safe for any thread, without locks
 * for readers.
 */
final class RateTable {
    /** Interned classes: far more than a pool has. */
    private static final int MOST_CLASSES = 4096;

    /** Shapes that are told apart on endpoints that do not tell what they run. */
    private static final int MOST_SHAPES = 64;

    /** Names whose shapes are remembered. */
    private static final int MOST_NAMES = 256;

    /**
     * What one endpoint costs.
     *
     * @param version what its engine told then
     * @param served the list that this was found out by; null where the description told
     * @param rates of its base model; null where nobody told which that is
     * @param byName of names that cost something else; null where none does
     */
    private record Priced(
            Endpoint endpoint,
            @Nullable String version,
            @Nullable ServedModels served,
            @Nullable ClassRates rates,
            @Nullable Map<String, ClassRates> byName) {

        @SuppressWarnings("ReferenceEquality") // an equal endpoint or list that is another may be priced again
        boolean stands(Endpoint now) {
            return endpoint == now
                    && Objects.equals(version, now.engineVersion())
                    && (served == null || served == now.knowledge().served());
        }
    }

    private final ModelCatalogue catalogue;
    private final ConcurrentHashMap<RateKey, ClassRates> classes = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, ModelShape> shapes = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<ModelShape, ByOrdinal<Guess>> guesses = new ConcurrentHashMap<>();
    private final ByOrdinal<Priced> priced = new ByOrdinal<>();
    private volatile Map<String, LearnedRates> remembered = Map.of();
    private volatile Consumer<ClassRates> drifts = _ -> {};

    /** Rates of an endpoint that does not tell what it runs. */
    private record Guess(Endpoint endpoint, ClassRates rates) {
        @SuppressWarnings("ReferenceEquality") // an equal endpoint that is another may be priced again
        boolean stands(Endpoint now) {
            return endpoint == now && Objects.equals(rates.key().engineVersion(), now.engineVersion());
        }
    }

    /** A growing array whose elements are immutable: a reader sees an element whole or not at all. */
    private static final class ByOrdinal<T> {
        private volatile @Nullable Object[] elements = new Object[64];

        @SuppressWarnings("unchecked") // only put stores
        @Nullable
        T get(int ordinal) {
            var now = elements;
            return ordinal < now.length ? (T) now[ordinal] : null;
        }

        synchronized void put(int ordinal, T element) {
            if (ordinal >= elements.length) {
                elements = Arrays.copyOf(elements, Math.max(ordinal + 1, 2 * elements.length));
            }
            elements[ordinal] = element;
        }
    }

    RateTable(ModelCatalogue catalogue) {
        this.catalogue = catalogue;
    }

    /** The rates of an endpoint where a request names that model or adapter. */
    ClassRates of(Endpoint endpoint, String name) {
        var entry = priced.get(endpoint.ordinal());
        if (entry == null || !entry.stands(endpoint)) {
            entry = price(endpoint);
            priced.put(endpoint.ordinal(), entry);
        }
        var rates = entry.rates;
        if (rates == null) {
            return guess(endpoint, shapeOf(name));
        }
        return entry.byName == null ? rates : entry.byName.getOrDefault(name, rates);
    }

    private Priced price(Endpoint endpoint) {
        var version = endpoint.engineVersion();
        var served = endpoint.knowledge().served();
        var base = BaseModels.of(endpoint, catalogue);
        var byName = new HashMap<String, ClassRates>();
        base.byName().forEach((name, shape) -> byName.put(name, intern(endpoint, version, shape, MOST_CLASSES)));
        return new Priced(
                endpoint,
                version,
                base.described() ? null : served,
                base.shape() == null ? null : intern(endpoint, version, base.shape(), MOST_CLASSES),
                byName.isEmpty() ? null : Map.copyOf(byName));
    }

    private ClassRates guess(Endpoint endpoint, ModelShape shape) {
        var row = guesses.get(shape);
        if (row == null) {
            if (guesses.size() >= MOST_SHAPES) {
                // sizes in names are the clients': the ones in use come back at once
                guesses.clear();
            }
            row = guesses.computeIfAbsent(shape, _ -> new ByOrdinal<>());
        }
        var known = row.get(endpoint.ordinal());
        if (known == null || !known.stands(endpoint)) {
            // what clients can make up never takes the last places from what endpoints tell
            known = new Guess(endpoint, intern(endpoint, endpoint.engineVersion(), shape, MOST_CLASSES / 2));
            row.put(endpoint.ordinal(), known);
        }
        return known.rates;
    }

    private ClassRates intern(Endpoint endpoint, @Nullable String version, ModelShape shape, int most) {
        var spec = endpoint.spec();
        var key = new RateKey(
                shape, endpoint.hardware(), spec.count(), spec.sharing(), endpoint.speed(), spec.engine(), version);
        var known = classes.get(key);
        if (known != null) {
            return known;
        }
        return classes.size() < most ? classes.computeIfAbsent(key, this::begun) : new ClassRates(key, this::drifted);
    }

    private ClassRates begun(RateKey key) {
        var rates = new ClassRates(key, this::drifted);
        var before = remembered.isEmpty() ? null : remembered.get(LearnedRates.name(key));
        if (before != null) {
            rates.restore(before.scales(), before.samples());
        }
        return rates;
    }

    /** Tells who wants to know of classes that start or cease to drift. */
    void onDrift(Consumer<ClassRates> listener) {
        drifts = listener;
    }

    private void drifted(ClassRates rates) {
        drifts.accept(rates);
    }

    /** Classes whose rates drift now. */
    List<ClassRates> drifting() {
        return classes.values().stream().filter(ClassRates::drifted).toList();
    }

    /** Classes that are met from now on go on from these. */
    void remember(List<LearnedRates> learned) {
        var all = new HashMap<String, LearnedRates>();
        learned.forEach(one -> all.put(one.name(), one));
        remembered = Map.copyOf(all);
    }

    /**
     * What was learned of classes that showed something, and as far as there is room what is remembered of those that were
     * not met.
     */
    List<LearnedRates> learned() {
        var met = new TreeMap<String, LearnedRates>();
        for (var rates : classes.values()) {
            if (rates.samples() > 0) {
                var one = LearnedRates.of(rates);
                met.put(one.name(), one);
            }
        }
        var others = new TreeMap<String, LearnedRates>(remembered);
        others.keySet().removeAll(met.keySet());
        return Stream.concat(met.values().stream(), others.values().stream())
                .limit(MOST_CLASSES)
                .toList();
    }

    private ModelShape shapeOf(String name) {
        var shape = shapes.get(name);
        if (shape == null) {
            shape = catalogue.shapeOf(name);
            if (shapes.size() >= MOST_NAMES) {
                // names are the clients': the ones in use come back at once
                shapes.clear();
            }
            shapes.put(name, shape);
        }
        return shape;
    }
}
