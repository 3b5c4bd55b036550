package io.kvasir.app;

import org.jspecify.annotations.Nullable;

/** Which doors are open. */
enum Mode {
    EXT_PROC,
    PROXY,
    BOTH;

    /** As told; null where nothing is. */
    static @Nullable Mode told(FlagValues values) {
        String text = values.text(Flag.MODE);
        return switch (text) {
            case "ext-proc" -> EXT_PROC;
            case "proxy" -> PROXY;
            case "both" -> BOTH;
            case "" -> null;
            default -> throw ConfigurationException.bad(Flag.MODE.key(), text, Flag.MODE.form());
        };
    }

    /** Where nothing is told: the picker alone where a pool in a cluster is named, since charts for pickers pass no mode. */
    static Mode standard(PoolSource source) {
        return source.inCluster() ? EXT_PROC : BOTH;
    }

    boolean proxies() {
        return this != EXT_PROC;
    }

    boolean picks() {
        return this != PROXY;
    }
}
