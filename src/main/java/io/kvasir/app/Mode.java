package io.kvasir.app;

/** Which doors are open. */
enum Mode {
    EXT_PROC,
    PROXY,
    BOTH;

    /** As told; else the picker alone where a pool in a cluster is named, since charts for pickers pass no mode. */
    static Mode of(FlagValues values, PoolSource source) {
        String text = values.text(Flag.MODE);
        return switch (text) {
            case "ext-proc" -> EXT_PROC;
            case "proxy" -> PROXY;
            case "both" -> BOTH;
            case "" -> source.inCluster() ? EXT_PROC : BOTH;
            default -> throw ConfigurationException.bad(Flag.MODE.key(), text, Flag.MODE.form());
        };
    }

    boolean proxies() {
        return this != EXT_PROC;
    }

    boolean picks() {
        return this != PROXY;
    }
}
