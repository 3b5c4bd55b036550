package io.kvasir.schedule;

/** What a plug-in can do. */
public enum PluginKind {
    /** A {@link Filter}. */
    FILTER,
    /** A {@link Scorer}. */
    SCORER,
    /** A {@link Picker}. */
    PICKER,
    /** A {@link PdDecider}: stands beside profiles. */
    DECIDER,
    /** A {@link ProfileHandler}: stands beside profiles, once in a configuration. */
    HANDLER,
    /** A {@link BuiltIn} part. */
    PART
}
