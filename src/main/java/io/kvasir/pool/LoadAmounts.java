package io.kvasir.pool;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** The amounts of an {@link EndpointLoad}, side by side: they change together, and a decision reads those of every candidate. */
abstract class LoadAmounts extends CacheLine {
    static final VarHandle REQUESTS = amount("requests");
    static final VarHandle PROMPT_TOKENS = amount("promptTokens");
    static final VarHandle OUTPUT_TOKENS = amount("outputTokens");
    static final VarHandle PREFILL_NANOS = amount("prefillNanos");
    static final VarHandle PREFILLS = amount("prefills");
    static final VarHandle SEQUENCES = amount("sequences");
    static final VarHandle AWAITED = amount("awaited");
    static final VarHandle UNSHOWN = amount("unshown");

    volatile long requests;
    volatile long promptTokens;
    volatile long outputTokens;
    volatile long prefillNanos;
    volatile long prefills;
    volatile long prefillingSince;
    volatile long sequences;
    volatile long awaited;
    /** Sequences of prefills whose end does not show. */
    volatile long unshown;
    /** What the last metrics page showed beyond these books: {@link EndpointLoad#others}. */
    volatile long othersWaiting;

    volatile long othersRunning;
    volatile long othersTokens;
    /** Prompts that came lately and ns by which they stretch steps, each counting less the longer ago: {@link EndpointLoad#came}. */
    volatile float recentPrompts;

    volatile float recentStretch;
    volatile long cameAt;
    /** What {@link EndpointLoad#distinctShare} and {@link EndpointLoad#displacing} say. */
    volatile float distinct = 1;

    volatile float displacing;

    private static VarHandle amount(String name) {
        try {
            return MethodHandles.lookup().findVarHandle(LoadAmounts.class, name, long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Adds to an amount and says what it was before. */
    final long add(VarHandle amount, long by) {
        return (long) amount.getAndAdd(this, by);
    }
}
