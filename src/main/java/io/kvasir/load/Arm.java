package io.kvasir.load;

import java.util.Locale;

/**
 * What one run of a scenario varies.
 *
 * @param rate how fast the trace is replayed
 * @param policy the router's policy
 * @param seed of the schedule's spreading and of the engines' hidden rates
 */
record Arm(Rate rate, String policy, long seed) {
    /** A name for files. */
    String id() {
        var at = rate.toString().replace("%", "pct").replace("/s", "rps");
        return String.format(Locale.ROOT, "%s-%s-seed%d", at, policy, seed);
    }

    @Override
    public String toString() {
        return rate + " " + policy + " seed " + seed;
    }
}
