package io.kvasir.load;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * When each request of a trace is to be sent, fixed before the run: seconds of simulated time from the first one,
 * ascending.
 */
public final class Schedule {
    /** Width the trace's timestamps were rounded to. */
    private static final long TICK_MILLIS = 3_000;

    private final Trace trace;
    private final double[] seconds;

    private Schedule(Trace trace, double[] seconds) {
        this.trace = trace;
        this.seconds = seconds;
    }

    /**
     * The trace's own arrivals. Requests that share a timestamp are spread evenly at random over the time to the next
     * one (at most the 3 s to which the trace rounds), since bursts of that size never happened; order is kept.
     *
     * @param seed selects the spreading; equal seeds give equal schedules
     */
    public static Schedule spread(Trace trace, long seed) {
        var random = new SplittableRandom(seed);
        var requests = trace.requests();
        var seconds = new double[requests.size()];
        for (int from = 0; from < seconds.length; ) {
            long tick = requests.get(from).timestampMillis();
            int to = from + 1;
            while (to < seconds.length && requests.get(to).timestampMillis() == tick) {
                to++;
            }
            long width = to == seconds.length
                    ? TICK_MILLIS
                    : Math.min(TICK_MILLIS, requests.get(to).timestampMillis() - tick);
            for (int i = from; i < to; i++) {
                seconds[i] = (tick + random.nextDouble((double) width)) / 1000;
            }
            Arrays.sort(seconds, from, to);
            from = to;
        }
        double first = seconds[0];
        for (int i = 0; i < seconds.length; i++) {
            seconds[i] -= first;
        }
        return new Schedule(trace, seconds);
    }

    /** This schedule with all times multiplied so that its mean rate is {@code perSecond}. */
    public Schedule at(double perSecond) {
        double factor = seconds.length == 1 ? 1 : rate() / perSecond;
        return new Schedule(trace, Arrays.stream(seconds).map(s -> s * factor).toArray());
    }

    /** Mean requests per simulated second; of a single request, one. */
    public double rate() {
        double span = seconds[seconds.length - 1];
        return span > 0 ? (seconds.length - 1) / span : 1;
    }

    /** Number of requests. */
    public int size() {
        return seconds.length;
    }

    /** When request {@code i} is to be sent, in simulated seconds from the first one. */
    public double seconds(int i) {
        return seconds[i];
    }

    /** Request {@code i}. */
    public TraceRequest request(int i) {
        return trace.requests().get(i);
    }
}
