package io.kvasir.request;

import io.kvasir.failure.ContainedFailures;
import io.kvasir.metric.Metered;
import io.kvasir.metric.MetricSink;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/**
 * Lets several listeners hear one prompt. One that fails is deaf from there to the prompt's end, and one that has heard as
 * much as its bound hears of what follows only where parts begin and end; both are counted, and neither the request nor
 * another listener notices. Reused from prompt to prompt, by one thread at a time.
 */
public final class PromptFanOut implements PromptSink {
    /**
     * Who listens.
     *
     * @param bound content that it hears of one prompt at most, in bytes, a token id counting as four; what it hears may end
     *     inside a character
     */
    public record Listener(PromptSink sink, long bound) {
        /** One that bounds itself. */
        public static Listener unbounded(PromptSink sink) {
            return new Listener(sink, Long.MAX_VALUE);
        }
    }

    /** What became of listeners, over many fan-outs. From any thread. */
    public static final class Counts implements Metered {
        private final ContainedFailures failures = new ContainedFailures("a listener to a prompt");
        private final LongAdder cut = new LongAdder();

        /** Prompts during which a listener failed. */
        public long failed() {
            return failures.count();
        }

        /** Prompts of which a listener heard only as much as its bound. */
        public long cut() {
            return cut.sum();
        }

        @Override
        public void describe(MetricSink sink) {
            sink.counter(
                    "kvasir_prompt_listeners_cut",
                    "Prompts of which a listener heard only as much as its bound.",
                    cut());
            failures.describe(sink, "prompt-listener");
        }
    }

    private final PromptSink[] sinks;
    private final long[] bounds;
    private final Counts counts;
    /** Content that may still be heard, by listener; negative once there was more. */
    private final long[] left;

    private final boolean[] failed;

    public PromptFanOut(List<Listener> listeners, Counts counts) {
        sinks = listeners.stream().map(Listener::sink).toArray(PromptSink[]::new);
        bounds = listeners.stream().mapToLong(Listener::bound).toArray();
        this.counts = counts;
        left = bounds.clone();
        failed = new boolean[sinks.length];
    }

    /** Another prompt comes; the listeners know. */
    public void reset() {
        System.arraycopy(bounds, 0, left, 0, bounds.length);
        Arrays.fill(failed, false);
    }

    /** Whether the listener of that place failed during this prompt. */
    public boolean failed(int listener) {
        return failed[listener];
    }

    /** The listener of that place failed otherwise. */
    public void failed(int listener, RuntimeException failure) {
        failed[listener] = true;
        counts.failures.failed(failure);
    }

    @Override
    public void begin(Part part) {
        for (int i = 0; i < sinks.length; i++) {
            if (!failed[i]) {
                try {
                    sinks[i].begin(part);
                } catch (RuntimeException e) {
                    failed(i, e);
                }
            }
        }
    }

    @Override
    public void text(byte[] bytes, int offset, int length) {
        for (int i = 0; i < sinks.length; i++) {
            int heard = heard(i, length);
            if (heard > 0) {
                try {
                    sinks[i].text(bytes, offset, heard);
                } catch (RuntimeException e) {
                    failed(i, e);
                }
            }
        }
    }

    @Override
    public void token(int id) {
        for (int i = 0; i < sinks.length; i++) {
            if (heard(i, Integer.BYTES) == Integer.BYTES) {
                try {
                    sinks[i].token(id);
                } catch (RuntimeException e) {
                    failed(i, e);
                }
            }
        }
    }

    /** How many bytes of so many the listener hears. */
    private int heard(int listener, int content) {
        long before = left[listener];
        if (failed[listener] || before < 0) {
            return 0;
        }
        left[listener] = before - content;
        if (before >= content) {
            return content;
        }
        counts.cut.increment();
        return (int) before;
    }

    @Override
    public void end(Part part) {
        for (int i = 0; i < sinks.length; i++) {
            if (!failed[i]) {
                try {
                    sinks[i].end(part);
                } catch (RuntimeException e) {
                    failed(i, e);
                }
            }
        }
    }

    @Override
    public void restart() {
        System.arraycopy(bounds, 0, left, 0, bounds.length);
        for (int i = 0; i < sinks.length; i++) {
            if (!failed[i]) {
                try {
                    sinks[i].restart();
                } catch (RuntimeException e) {
                    failed(i, e);
                }
            }
        }
    }
}
