package io.kvasir.admission.flow;

/** Which of the requests of one tenant that wait is served first. */
public enum Ordering {
    /** The one that came first. */
    FCFS("fcfs"),
    /** The one that should have its first token first, or else would have to leave first. */
    EDF("edf"),
    /** The one that asks least of an engine: prompt and expected output. */
    SHORTEST("shortest");

    private final String code;

    Ordering(String code) {
        this.code = code;
    }

    /** As configuration and metrics say it. */
    public String code() {
        return code;
    }
}
