package io.kvasir.pool;

import io.kvasir.metric.MetricSink;
import java.util.concurrent.atomic.AtomicLongArray;

/** How often an endpoint was picked, by reason, and for how much. */
public final class PickCounts {
    private static final int PROMPT_TOKENS = PickReason.values().length;

    private final AtomicLongArray counts = new AtomicLongArray(PROMPT_TOKENS + 1);

    /** A pick for a request with so many prompt tokens. */
    public void count(PickReason reason, long promptTokens) {
        counts.getAndIncrement(reason.ordinal());
        counts.getAndAdd(PROMPT_TOKENS, promptTokens);
    }

    public long get(PickReason reason) {
        return counts.get(reason.ordinal());
    }

    /** Picks for any reason. */
    public long all() {
        long all = 0;
        for (int reason = 0; reason < PROMPT_TOKENS; reason++) {
            all += counts.get(reason);
        }
        return all;
    }

    /** Prompt tokens of the requests it was picked for. */
    public long promptTokens() {
        return counts.get(PROMPT_TOKENS);
    }

    /** Declares the reasons for which there were any. */
    void describe(MetricSink sink, String endpoint, String hardware) {
        for (PickReason reason : PickReason.values()) {
            if (get(reason) > 0) {
                sink.counter(
                        "kvasir_picks",
                        "Picks by endpoint and reason.",
                        get(reason),
                        "endpoint",
                        endpoint,
                        "reason",
                        reason.code(),
                        "hardware",
                        hardware);
            }
        }
    }
}
