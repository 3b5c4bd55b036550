package io.kvasir.access;

import java.util.concurrent.atomic.LongAdder;

/** Counters of the management port's door. */
public final class AccessCounts {
    private final LongAdder[] verdicts = new LongAdder[Verdict.values().length];
    private final LongAdder reviews = new LongAdder();
    private final LongAdder failures = new LongAdder();

    /** All at zero. */
    public AccessCounts() {
        for (int i = 0; i < verdicts.length; i++) {
            verdicts[i] = new LongAdder();
        }
    }

    void count(Verdict verdict) {
        verdicts[verdict.ordinal()].increment();
    }

    void reviewed() {
        reviews.increment();
    }

    void failed() {
        failures.increment();
    }

    /** Requests that got that verdict. */
    public long of(Verdict verdict) {
        return verdicts[verdict.ordinal()].sum();
    }

    /** Tokens put before the API server; the rest were remembered. */
    public long reviews() {
        return reviews.sum();
    }

    /** Reviews that the API server did not give. */
    public long failures() {
        return failures.sum();
    }
}
