package io.kvasir.load;

import java.io.PrintWriter;
import java.util.concurrent.TimeUnit;

/** One line that says how a run goes: rewritten in place on a terminal, a new line now and then elsewhere. */
final class Progress {
    private final PrintWriter out;
    private final boolean terminal;
    private final long everyNanos;
    private String label = "";
    private long nextNanos = Long.MIN_VALUE;
    private boolean shown;

    /** A line on {@code out}, which is a terminal or not. */
    Progress(PrintWriter out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
        this.everyNanos = terminal ? TimeUnit.MILLISECONDS.toNanos(500) : TimeUnit.SECONDS.toNanos(30);
    }

    /** Starts a new step. */
    void step(String newLabel) {
        clear();
        label = newLabel;
        nextNanos = System.nanoTime() + (terminal ? 0 : everyNanos);
        if (terminal) {
            show(newLabel);
        }
    }

    /** Shows how far the step is, unless it was shown just now. */
    void update(int sent, int of, Collector samples) {
        long now = System.nanoTime();
        if (now - nextNanos < 0) {
            return;
        }
        nextNanos = now + everyNanos;
        int ended = samples.ended();
        show(label + ": " + (of == 0 ? "" : "sent " + sent + " of " + of + ", ") + "ended " + ended
                + (of == 0 ? "" : ", in flight " + (sent - ended)) + ", failed " + samples.failures());
    }

    /**
     * Waits until {@code count} requests have ended, showing how far it is.
     *
     * @param of requests of the schedule; 0 if there is none
     * @return false if the time was over first
     */
    boolean await(Collector samples, int count, int of, long nanos) {
        long deadline = System.nanoTime() + nanos;
        long left = nanos;
        while (left > 0 && !Thread.currentThread().isInterrupted()) {
            if (samples.await(count, Math.min(left, everyNanos))) {
                return true;
            }
            update(of, of, samples);
            left = deadline - System.nanoTime();
        }
        return samples.ended() >= count;
    }

    /** Removes the line from a terminal. */
    void clear() {
        if (terminal && shown) {
            out.print("\r\033[K");
            out.flush();
        }
        shown = false;
    }

    private void show(String text) {
        if (terminal) {
            out.print("\r\033[K" + text);
        } else {
            out.println(text);
        }
        out.flush();
        shown = true;
    }
}
