package io.kvasir.route;

/**
 * A mean that forgets: what it starts from counts as a few samples, and each later one for at least a fixed share. Updates
 * that race lose one sample of many.
 */
final class FadingMean {
    private static final int MOST_SAMPLES = 1 << 20;

    private final int startSamples;
    private final double newShare;
    private volatile double mean;
    private volatile int samples;

    /**
     * A mean without samples.
     *
     * @param start what it is before the first
     * @param startSamples how many samples that counts as, 1 or more
     * @param newShare of a sample once there are many, above 0 and at most 1
     */
    FadingMean(double start, int startSamples, double newShare) {
        mean = start;
        this.startSamples = startSamples;
        this.newShare = newShare;
    }

    double mean() {
        return mean;
    }

    void add(double sample) {
        int before = samples;
        double old = mean;
        mean = old + Math.max(newShare, 1.0 / (before + 1 + startSamples)) * (sample - old);
        samples = Math.min(before, MOST_SAMPLES) + 1;
    }
}
