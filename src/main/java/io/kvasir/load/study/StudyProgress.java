package io.kvasir.load.study;

import java.io.PrintWriter;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * A bar with the time that is left: rewritten in place on a terminal, a new line now and then elsewhere. Thread-safe.
 */
final class StudyProgress {
    private static final int WIDTH = 30;

    private final PrintWriter out;
    private final boolean terminal;
    private final LongSupplier nanos;
    private final long everyNanos;
    private final Map<String, Double> running = new HashMap<>();
    private int all;
    private int done;
    /** Of all runs and of those made; how much of it a run is, its maker says. */
    private double work;

    private double worked;
    private long began;
    private long nextNanos;
    private boolean shown;

    /**
     * A bar.
     *
     * @param out where it is shown
     * @param terminal whether that is one
     * @param nanos a clock
     */
    StudyProgress(PrintWriter out, boolean terminal, LongSupplier nanos) {
        this.out = out;
        this.terminal = terminal;
        this.nanos = nanos;
        everyNanos = terminal ? TimeUnit.MILLISECONDS.toNanos(500) : TimeUnit.SECONDS.toNanos(30);
    }

    /** So many runs are to be made from now on, alike. */
    void begin(int runs) {
        begin(runs, runs);
    }

    /** So many runs are to be made from now on, which are so much work together. */
    synchronized void begin(int runs, double ofWork) {
        all = runs;
        work = ofWork;
        worked = 0;
        done = 0;
        running.clear();
        began = nanos.getAsLong();
        nextNanos = began + (terminal ? 0 : everyNanos);
    }

    /** A run has done so much of its work. */
    synchronized void at(String run, double ofWork) {
        running.put(run, ofWork);
        if (nanos.getAsLong() - nextNanos >= 0) {
            show(run);
        }
    }

    /** A run is made. */
    void made(String run) {
        made(run, 1);
    }

    /** A run is made, which was so much work. */
    synchronized void made(String run, double ofWork) {
        running.remove(run);
        done++;
        worked += ofWork;
        if (nanos.getAsLong() - nextNanos >= 0) {
            show(run);
        }
    }

    /** Removes the bar from a terminal, so that something else can be printed. */
    synchronized void clear() {
        if (terminal && shown) {
            out.print("\r\033[K");
            out.flush();
            shown = false;
        }
    }

    private void show(String run) {
        long now = nanos.getAsLong();
        nextNanos = now + everyNanos;
        var line = line(now, run);
        if (terminal) {
            out.print("\r\033[K" + line);
        } else {
            out.println(line);
        }
        out.flush();
        shown = true;
    }

    private String line(long now, String run) {
        double share = (worked + running.values().stream().mapToDouble(d -> d).sum()) / Math.max(1e-9, work);
        int full = (int) Math.round(WIDTH * Math.min(1, share));
        var left = share > 0.001 ? left((now - began) * 1e-9 * (1 - share) / share) : "…";
        return String.format(
                Locale.ROOT,
                "[%s%s] %d of %d runs, %s left · %s",
                "#".repeat(full),
                " ".repeat(WIDTH - full),
                done,
                all,
                left,
                run);
    }

    /** So many seconds, in words. */
    static String left(double seconds) {
        long s = Math.max(0, Math.round(seconds));
        return s < 90
                ? s + " s"
                : s < 5_400 ? Math.round(s / 60.0) + " min" : String.format(Locale.ROOT, "%.1f h", s / 3_600.0);
    }
}
