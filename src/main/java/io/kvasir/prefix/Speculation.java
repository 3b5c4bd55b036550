package io.kvasir.prefix;

import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.LongSupplier;

/** What endpoints are believed to hold because it was sent to them, before their engines have told of it. */
final class Speculation implements Metered {
    private static final int SHARDS = 4;
    private static final long NANOS_PER_TICK = 1_000_000L;

    /** What engines told of what was sent to them. */
    enum Outcome {
        /** They told of all of it. */
        TOLD("told"),
        /** Its answer ended, and they had told of it in part or not at all. */
        UNTOLD("untold"),
        /** It never ran. */
        WITHDRAWN("withdrawn"),
        /** Nobody can say: the cache was cleared meanwhile, or there was too much to remember. */
        UNKNOWN("unknown");

        private final String code;

        Outcome(String code) {
            this.code = code;
        }

        String code() {
            return code;
        }
    }

    private final PrefixIndex index;
    private final LongSupplier nanoClock;
    private final long started;
    private final AtomicInteger users = new AtomicInteger();
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicLongArray outcomes = new AtomicLongArray(Outcome.values().length);

    Speculation(int endpoints, long salt, LongSupplier nanoClock) {
        index = new PrefixIndex(SHARDS, endpoints, salt, true);
        this.nanoClock = nanoClock;
        started = nanoClock.getAsLong();
    }

    PrefixIndex index() {
        return index;
    }

    long now() {
        return nanoClock.getAsLong();
    }

    int tick(long nanos) {
        return (int) ((nanos - started) / NANOS_PER_TICK);
    }

    /** Any number but 0; those of requests in progress differ. */
    int nextUser() {
        int user = users.incrementAndGet();
        return user == 0 ? users.incrementAndGet() : user;
    }

    void opened(int more) {
        open.addAndGet(more);
    }

    /** Whether anything is believed in. */
    boolean any() {
        return open.get() > 0;
    }

    void count(Outcome outcome) {
        outcomes.incrementAndGet(outcome.ordinal());
    }

    long count(String code) {
        for (Outcome outcome : Outcome.values()) {
            if (outcome.code.equals(code)) {
                return outcomes.get(outcome.ordinal());
            }
        }
        throw new IllegalArgumentException(code);
    }

    @Override
    public void describe(MetricSink sink) {
        sink.counters(
                "kvasir_prefix_confirmations",
                "Prompts sent to endpoints whose KV events are followed, by what these told of them.",
                "outcome",
                Outcome.values(),
                Outcome::code,
                outcome -> outcomes.get(outcome.ordinal()));
        sink.gauge(
                "kvasir_prefix_speculative_prompts",
                "Prompts believed to be held because they were sent, of which no event has told yet.",
                open.get());
    }
}
