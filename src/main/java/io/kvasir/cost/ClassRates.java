package io.kvasir.cost;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * How fast replicas of one {@link RateKey} are: as the catalogues let expect, and as their answers show. Interned: all of
 * them, and all bookings there, refer to one object. Safe for any thread; readers take no lock, and of observations that
 * race one is left out.
 */
public final class ClassRates {
    /** Observations from which an error may be told to be a replica's own, and no longer that of its class. */
    private static final int SETTLED = 20;

    /** Usual error below which that is so. */
    private static final double SETTLED_ERROR = 0.15;

    /** Usual error of a class that was settled from which its rates drift. */
    private static final double DRIFTING_ERROR = 0.3;

    private static final double EVENTS_SHARE = 0.2;
    private static final double MOST_TOKENS_PER_EVENT = 64;

    /** A stream of so many times as many tokens an event as is usual may have hidden most of them. */
    public static final double HIDDEN = 4;

    /** One such counts for no more than that many times what was usual; an engine that always does so is known in time. */
    private static final double MOST_OF_HIDDEN = 1.5;

    private final RateKey key;
    private final EndpointRates believed;
    private final AtomicBoolean busy = new AtomicBoolean();
    private final RateFit fit;
    private final double[] parts = new double[RateFit.PARTS];
    private volatile EndpointRates rates;
    private volatile double usualError = 1;
    private volatile long samples;
    private volatile long ignored;
    private volatile double tokensPerEvent = 1;
    private volatile boolean drifted;
    private boolean wasSettled;
    private final Consumer<ClassRates> drifts;

    ClassRates(RateKey key) {
        this(key, _ -> {});
    }

    /** @param drifts told when {@link #drifted} changes, on the thread that observed; not to be held up */
    ClassRates(RateKey key, Consumer<ClassRates> drifts) {
        this.key = key;
        fit = new RateFit(key.hardware().known());
        this.drifts = drifts;
        believed = EndpointRates.of(key.hardware(), key.model(), (double) key.count() / key.sharing())
                .faster(key.speed());
        rates = believed;
    }

    public RateKey key() {
        return key;
    }

    /** Rates as the catalogues let expect them. */
    public EndpointRates believed() {
        return believed;
    }

    /** Rates as they are believed now. */
    public EndpointRates rates() {
        return rates;
    }

    /** Observations that the rates rest on. */
    public long samples() {
        return samples;
    }

    /** Observations that were left out, others being taken in at that moment. */
    public long ignored() {
        return ignored;
    }

    /** Usual size of the relative error of what is predicted by these rates; 1 before anything was seen. */
    public double usualError() {
        return usualError;
    }

    /** Whether enough was seen to tell a slow replica from a class that is slower than was believed. */
    public boolean settled() {
        return samples >= SETTLED && usualError < SETTLED_ERROR;
    }

    /**
     * Whether it was known how fast these replicas are, and what they do now is far from it: a new driver, throttling, another
     * build under the same version. Until predictions are good again.
     */
    public boolean drifted() {
        return drifted;
    }

    /** Tokens that an event of a stream brings, on average: engines may collect some, or guess several at once. */
    public double tokensPerEvent() {
        return tokensPerEvent;
    }

    /** A stream of so many events had that many tokens. Of updates that race one may be lost. */
    public void streamed(double tokens, double events) {
        if (tokens >= events && events > 0) {
            double usual = tokensPerEvent;
            double each = Math.min(MOST_TOKENS_PER_EVENT, tokens / events);
            tokensPerEvent = usual + EVENTS_SHARE * ((each > HIDDEN * usual ? MOST_OF_HIDDEN * usual : each) - usual);
        }
    }

    /** How many times as long as believed the parts of a duration take, in the order of {@link EndpointRates}. */
    public double[] scales() {
        var now = rates;
        return now.over(believed);
    }

    /** Goes on from scales that were found out before, and the observations that they rested on. */
    void restore(double[] scales, long foundSamples) {
        while (!busy.compareAndSet(false, true)) {
            Thread.onSpinWait();
        }
        try {
            fit.restore(scales, foundSamples);
            publish();
        } finally {
            busy.set(false);
        }
    }

    /**
     * A prefill took that long.
     *
     * @param seconds of engine time
     * @param times so many times as much work was done in them as the request's own, 1 or more
     * @param share of the tokens that one attends to, see {@link Work}
     * @param uncached tokens computed
     * @param cached tokens before them
     * @param context tokens of the sequences that decoded along
     * @param trust how much it tells, above 0 and at most 1
     */
    public void prefilled(
            double seconds, double times, double share, double uncached, double cached, double context, double trust) {
        if (begin()) {
            try {
                rates.prefillParts(believed, share, uncached, cached, context, parts);
                fit.observe(parts, seconds / times, trust);
                publish();
            } finally {
                busy.set(false);
            }
        }
    }

    /**
     * A stretch of decoding took that long.
     *
     * @param seconds of engine time
     * @param trust how much it tells, above 0 and at most 1
     */
    public void decoded(double seconds, Decoding stretch, double trust) {
        if (begin()) {
            try {
                rates.decodingParts(believed, stretch, parts);
                fit.observe(parts, seconds, trust);
                publish();
            } finally {
                busy.set(false);
            }
        }
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // a count of what was left out may lose one
    private boolean begin() {
        if (busy.compareAndSet(false, true)) {
            return true;
        }
        ignored++;
        return false;
    }

    private void publish() {
        samples = fit.samples();
        usualError = fit.usualError();
        rates = believed.scaled(fit);
        boolean settled = settled();
        wasSettled |= settled;
        boolean now = wasSettled && (drifted ? !settled : usualError > DRIFTING_ERROR);
        if (now != drifted) {
            drifted = now;
            drifts.accept(this);
        }
    }
}
