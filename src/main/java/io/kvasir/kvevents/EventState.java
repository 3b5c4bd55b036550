package io.kvasir.kvevents;

/** How much the events of a rank are worth now. */
enum EventState {
    /** All that its publisher said since its cache was empty is known. */
    COMPLETE("complete", 1),
    /** What is known is true, but the oldest blocks are not known. */
    PARTIAL("partial", 0.75f),
    /** Batches are missing and waited for. */
    WAITING("waiting", 0.3f),
    /** Batches are missing for good: blocks may be believed in that are gone. */
    UNCERTAIN("uncertain", 0.3f),
    /** The model has layers of which it is not known what they need of a prefix. */
    UNKNOWN_GROUPS("unknown-groups", 0),
    /** Events are read by somebody else too, and whoever reads them takes them away. */
    SHARED("shared", 0),
    /** The engine has no page of events. */
    NOT_OFFERED("not-offered", 0),
    /** There is no connection. */
    DISCONNECTED("disconnected", 0),
    /** Connections to it are accepted, and nobody greets there. */
    UNRESPONSIVE("unresponsive", 0),
    /** Nothing was heard yet. */
    UNHEARD("unheard", 0);

    private final String code;
    private final float coverage;

    EventState(String code, float coverage) {
        this.code = code;
        this.coverage = coverage;
    }

    String code() {
        return code;
    }

    /** Whether there is somebody there. */
    boolean isConnected() {
        return this != DISCONNECTED && this != UNRESPONSIVE;
    }

    /** How sure a view that knows them is, 0 to 1. */
    float coverage() {
        return coverage;
    }
}
