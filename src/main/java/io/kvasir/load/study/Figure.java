package io.kvasir.load.study;

import io.kvasir.load.statistics.Quantity;
import io.kvasir.load.statistics.Quantity.Mean;
import io.kvasir.load.statistics.Quantity.Quantile;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What is told of an arm in a cell. Times are virtual seconds. */
enum Figure {
    TTFT_P50("ttft-p50", "TTFT p50 s", 0.5, Of.TTFT),
    TTFT_P90("ttft-p90", "TTFT p90 s", 0.9, Of.TTFT),
    TTFT_P99("ttft-p99", "TTFT p99 s", 0.99, Of.TTFT),
    /** Times between two tokens of an answer, all answers together. */
    ITL_P50("itl-p50", "ITL p50 s"),
    ITL_P90("itl-p90", "ITL p90 s"),
    ITL_P99("itl-p99", "ITL p99 s"),
    /** Mean time of an answer's tokens after the first. */
    TPOT_P50("tpot-p50", "TPOT p50 s", 0.5, Of.TPOT),
    TPOT_P90("tpot-p90", "TPOT p90 s", 0.9, Of.TPOT),
    TPOT_P99("tpot-p99", "TPOT p99 s", 0.99, Of.TPOT),
    E2E_P50("e2e-p50", "E2E p50 s", 0.5, Of.E2E),
    E2E_P90("e2e-p90", "E2E p90 s", 0.9, Of.E2E),
    E2E_P99("e2e-p99", "E2E p99 s", 0.99, Of.E2E),
    /** Share of requests that came in full and met their SLO. */
    GOODPUT("goodput", "goodput %", Of.GOOD),
    /** Those that did, per second. */
    GOOD_PER_SECOND("good-per-second", "good/s"),
    /** Cached tokens as a share of what one cache of endless size would have had. */
    HIT("hit", "hit % of ideal"),
    OUTPUT_PER_SECOND("output-per-second", "tokens/s"),
    /** Most seconds that one replica computed, over the mean of all. */
    IMBALANCE("imbalance", "busiest / mean"),
    REQUESTS("requests", "requests"),
    /** Neither ended nor refused when the time to drain was over; they count with the time that they had waited by then. */
    UNFINISHED("unfinished", "unfinished"),
    REFUSED("refused", "refused"),
    PREEMPTIONS("preemptions", "preemptions"),
    /** Share of decisions that the informed greedy would have made otherwise. */
    OTHERWISE("decided-otherwise", "otherwise %"),
    /** Mean of what all decisions cost more than the informed greedy's, by what was known then. */
    REGRET("regret-mean", "regret s"),
    /** Median of how far off predicted times to the first token were, as a share of what they were. */
    PREDICTION_ERROR("prediction-error", "prediction off %"),
    DECISIONS_PER_SECOND("decisions-per-wall-second", "decisions/s"),
    STEPS_PER_SECOND("steps-per-wall-second", "steps/s");

    /** Values of single requests that a figure may be of. */
    enum Of {
        TTFT,
        TPOT,
        E2E,
        /** 1 for a good one, 0 for another. */
        GOOD
    }

    private static final double MEAN = -1;

    private final String key;
    private final String title;
    /** Of a quantile; {@link #MEAN} for the mean, NaN where it is neither. */
    private final double share;

    private final @Nullable Of of;

    Figure(String key, String title) {
        this.key = key;
        this.title = title;
        share = Double.NaN;
        of = null;
    }

    Figure(String key, String title, double share, Of of) {
        this.key = key;
        this.title = title;
        this.share = share;
        this.of = of;
    }

    Figure(String key, String title, Of of) {
        this.key = key;
        this.title = title;
        share = MEAN;
        this.of = of;
    }

    /** Its name in files. */
    String key() {
        return key;
    }

    /** Its name for people, with its unit. */
    String title() {
        return title;
    }

    /** What people are shown, as a multiple of the value. */
    double shown(double value) {
        return title.contains("%") ? 100 * value : value;
    }

    /** How it is made of values of single requests, where it is. */
    Optional<Quantity> quantity() {
        return Double.isNaN(share) ? Optional.empty() : Optional.of(share == MEAN ? new Mean() : new Quantile(share));
    }

    /** What of single requests it is made of, where it is. */
    Optional<Of> of() {
        return Optional.ofNullable(of);
    }
}
