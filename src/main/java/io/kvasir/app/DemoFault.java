package io.kvasir.app;

import io.kvasir.sim.http.Fault;
import io.kvasir.sim.http.Faults;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** What a visitor of the demo can have go wrong with a replica. */
enum DemoFault {
    NONE("is well"),
    SLOW("slow GPU"),
    RESTART("cold restart"),
    DEAD("dead"),
    STUCK("hangs"),
    STALE("frozen page");

    private static final double TIMES_AS_LONG = 4;

    private final String words;

    DemoFault(String words) {
        this.words = words;
    }

    /** For people. */
    String words() {
        return words;
    }

    /** The name in requests. */
    String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** What the engine does then. */
    Faults faults() {
        return switch (this) {
            case NONE -> Faults.NONE;
            case SLOW -> Faults.NONE.with(Fault.SLOW, TIMES_AS_LONG);
            case RESTART, DEAD -> Faults.NONE.with(Fault.REFUSE);
            case STUCK -> Faults.NONE.with(Fault.STUCK);
            case STALE -> Faults.NONE.with(Fault.STALE_METRICS);
        };
    }

    /** The one of that name. */
    static Optional<DemoFault> named(String key) {
        return Stream.of(values()).filter(fault -> fault.key().equals(key)).findFirst();
    }
}
