package io.kvasir.traffic;

import io.kvasir.request.Request;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The inference objectives in force: what requests are to have, by the name that they give. Immutable. */
public final class Objectives {
    /** Of requests and objectives that say nothing. Higher is served first, below it may be shed. */
    public static final int DEFAULT_PRIORITY = 0;

    /** No objectives. */
    public static final Objectives NONE = new Objectives(Map.of());

    private final Map<String, Objective> byName;

    private Objectives(Map<String, Objective> byName) {
        this.byName = Map.copyOf(byName);
    }

    /** These priorities, by the objective's name; {@link #DEFAULT_PRIORITY} for one that sets none. */
    public static Objectives of(Map<String, Integer> priorities) {
        var all = new HashMap<String, Objective>();
        priorities.forEach((name, priority) -> all.put(name, Objective.of(priority)));
        return new Objectives(all);
    }

    /** These objectives, by name. */
    public static Objectives named(Map<String, Objective> objectives) {
        return new Objectives(objectives);
    }

    /** The priority of the objective of that name; null where there is none. */
    public @Nullable Integer priority(String name) {
        var found = byName.get(name);
        return found == null ? null : found.priority();
    }

    /** The request with what its objective says is fast enough, where its own headers say nothing of that. */
    public Request withSlo(Request request) {
        var headers = request.headers();
        var named = headers.objective() == null ? null : byName.get(headers.objective());
        if (named == null) {
            return request;
        }
        double ttft = Double.isNaN(headers.ttftSlo()) ? named.ttftSlo() : headers.ttftSlo();
        double tpot = Double.isNaN(headers.tpotSlo()) ? named.tpotSlo() : headers.tpotSlo();
        var told = headers.withSlo(ttft, tpot);
        return told.equals(headers) ? request : request.withHeaders(told);
    }

    /** These and, for names that they lack, others. */
    Objectives or(Objectives others) {
        if (others.byName.isEmpty()) {
            return this;
        }
        var all = new HashMap<>(others.byName);
        all.putAll(byName);
        return new Objectives(all);
    }

    /** How many there are. */
    public int size() {
        return byName.size();
    }
}
