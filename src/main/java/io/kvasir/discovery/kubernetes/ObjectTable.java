package io.kvasir.discovery.kubernetes;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.BiPredicate;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What a stream knows, by name; lives on the thread of its executor. Changes that make no difference are not told. */
final class ObjectTable<F> implements ObjectSink<F> {
    /** Told after a change. */
    interface Listener {
        /**
         * Something differs.
         *
         * @param urgent whether it must be acted on at once
         */
        void changed(boolean urgent);
    }

    private final Executor events;
    private final Function<F, String> name;
    private final BiPredicate<F, @Nullable F> urgent;
    private final Listener listener;
    private Map<String, F> all = new LinkedHashMap<>();
    private boolean listed;
    private boolean tried;

    /**
     * An empty table.
     *
     * @param urgent whether a change from one to the other, null for gone, must be acted on at once
     */
    ObjectTable(Executor events, Function<F, String> name, BiPredicate<F, @Nullable F> urgent, Listener listener) {
        this.events = events;
        this.name = name;
        this.urgent = urgent;
        this.listener = listener;
    }

    /** The object of that name, or null. */
    @Nullable
    F get(String name) {
        return all.get(name);
    }

    Collection<F> values() {
        return all.values();
    }

    int size() {
        return all.size();
    }

    /** Whether everything was listed once. */
    boolean listed() {
        return listed;
    }

    /** Whether the first try is over, well or not. */
    boolean tried() {
        return tried;
    }

    @Override
    public void replaced(List<F> objects) {
        events.execute(() -> replace(objects));
    }

    private void replace(List<F> objects) {
        var before = all;
        all = new LinkedHashMap<>();
        for (F object : objects) {
            var old = before.get(name.apply(object));
            // two of the same are compared faster than two equal ones
            all.put(name.apply(object), object.equals(old) ? old : object);
        }
        boolean now = !listed;
        boolean differs = now || all.size() != before.size();
        for (var entry : before.entrySet()) {
            var after = all.get(entry.getKey());
            if (!entry.getValue().equals(after)) {
                differs = true;
                now = now || urgent.test(entry.getValue(), after);
            }
        }
        listed = true;
        if (differs) {
            listener.changed(now);
        }
    }

    @Override
    public void put(F object) {
        events.execute(() -> {
            var before = all.get(name.apply(object));
            if (!object.equals(before)) {
                all.put(name.apply(object), object);
                listener.changed(before != null && urgent.test(before, object));
            }
        });
    }

    @Override
    public void removed(String name) {
        events.execute(() -> {
            var before = all.remove(name);
            if (before != null) {
                listener.changed(urgent.test(before, null));
            }
        });
    }

    @Override
    public void settled() {
        events.execute(() -> {
            tried = true;
            listener.changed(true);
        });
    }
}
