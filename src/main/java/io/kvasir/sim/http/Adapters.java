package io.kvasir.sim.http;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** LoRA adapters of one engine, by name, with the path each was loaded from. */
final class Adapters {
    private static final int MOST = 16;

    private final Map<String, String> paths = new LinkedHashMap<>();

    private final @Nullable Pattern resolved;

    /**
     * Adapters loaded at start.
     *
     * @param resolved names of those that are loaded when a request asks for them; null for none
     */
    Adapters(Iterable<String> names, @Nullable Pattern resolved) {
        this.resolved = resolved;
        for (var name : names) {
            paths.put(name, "/adapters/" + name);
        }
    }

    /** How many may be loaded at once. */
    int most() {
        return MOST;
    }

    /** Whether requests to that adapter can be served, which may load it. */
    boolean serve(String name) {
        if (!loaded(name)
                && resolved != null
                && paths.size() < MOST
                && resolved.matcher(name).matches()) {
            load(name, "/adapters/" + name);
        }
        return loaded(name);
    }

    boolean loaded(String name) {
        return paths.containsKey(name);
    }

    Map<String, String> paths() {
        return paths;
    }

    void load(String name, String path) {
        paths.put(name, path);
    }

    void unload(String name) {
        paths.remove(name);
    }
}
