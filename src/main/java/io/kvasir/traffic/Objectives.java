package io.kvasir.traffic;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The inference objectives in force: how much requests matter, by the name that they give. Immutable. */
public final class Objectives {
    /** Of requests and objectives that say nothing. Higher is served first, below it may be shed. */
    public static final int DEFAULT_PRIORITY = 0;

    /** No objectives. */
    public static final Objectives NONE = new Objectives(Map.of());

    private final Map<String, Integer> priorities;

    private Objectives(Map<String, Integer> priorities) {
        this.priorities = priorities;
    }

    /** These priorities, by the objective's name; {@link #DEFAULT_PRIORITY} for one that sets none. */
    public static Objectives of(Map<String, Integer> priorities) {
        return new Objectives(Map.copyOf(priorities));
    }

    /** The priority of the objective of that name; null where there is none. */
    public @Nullable Integer priority(String name) {
        return priorities.get(name);
    }

    /** These and, for names that they lack, others. */
    Objectives or(Objectives others) {
        if (others.priorities.isEmpty()) {
            return this;
        }
        var all = new HashMap<>(others.priorities);
        all.putAll(priorities);
        return of(all);
    }

    /** How many there are. */
    public int size() {
        return priorities.size();
    }
}
