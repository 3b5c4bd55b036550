package io.kvasir.sim.http;

import java.util.LinkedHashMap;
import java.util.Map;

/** LoRA adapters of one engine, by name, with the path each was loaded from. */
final class Adapters {
    private static final int MOST = 16;

    private final Map<String, String> paths = new LinkedHashMap<>();

    Adapters(Iterable<String> names) {
        for (var name : names) {
            paths.put(name, "/adapters/" + name);
        }
    }

    /** How many may be loaded at once. */
    int most() {
        return MOST;
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
