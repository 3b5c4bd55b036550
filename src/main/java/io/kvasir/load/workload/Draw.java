package io.kvasir.load.workload;

import java.util.SplittableRandom;

/** Chance in the shapes in which statistics of traffic are published. Not thread-safe. */
final class Draw {
    /** The standard normal's quantile of 0.9. */
    private static final double Z90 = 1.2815515655;

    private final SplittableRandom random;

    /** Chance of that seed; {@code purpose} tells uses of one seed apart. */
    Draw(long seed, String purpose) {
        random = new SplittableRandom(seed * 0x9e3779b97f4a7c15L ^ purpose.hashCode() * 0xbf58476d1ce4e5b9L);
    }

    /** An id that no other piece of text has. */
    long id() {
        return random.nextLong();
    }

    /** At least 0, below 1. */
    double share() {
        return random.nextDouble();
    }

    /** Whether something of that probability happens. */
    boolean chance(double probability) {
        return random.nextDouble() < probability;
    }

    /** From {@code least} to {@code most}, both included. */
    int whole(int least, int most) {
        return random.nextInt(least, most + 1);
    }

    /** Uniform from {@code least} to below {@code most}. */
    double uniform(double least, double most) {
        return random.nextDouble(least, most);
    }

    /** Log-normal by its median and its 90th percentile, within bounds. */
    double skewed(double median, double p90, double least, double most) {
        double sigma = Math.log(p90 / median) / Z90;
        return Math.clamp(median * Math.exp(sigma * random.nextGaussian()), least, most);
    }

    /** Log-normal by its mean and standard deviation, within bounds. */
    double skewedByMean(double mean, double deviation, double least, double most) {
        double variance = Math.log(1 + deviation * deviation / (mean * mean));
        double mu = Math.log(mean) - variance / 2;
        return Math.clamp(Math.exp(mu + Math.sqrt(variance) * random.nextGaussian()), least, most);
    }

    /** Normal, within bounds. */
    double normal(double mean, double deviation, double least, double most) {
        return Math.clamp(mean + deviation * random.nextGaussian(), least, most);
    }

    /** Time to the next of events that happen independently, by their mean distance. */
    double exponential(double mean) {
        return -mean * Math.log(1 - random.nextDouble());
    }
}
