package io.kvasir.load.statistics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * By how much two arms differ, with a 95 % interval, from runs that are paired: for each seed both arms got the very same
 * requests. Requests that come one after another fare alike, so that they are drawn again not one by one but in blocks of
 * neighbours (Künsch, "The Jackknife and the Bootstrap for General Stationary Observations", Annals of Statistics 17, 1989),
 * and runs of one seed have their hidden rates in common, so that seeds are drawn again too (the nested bootstrap of Davison
 * and Hinkley, "Bootstrap Methods and Their Application", 1997, §3.8). A draw takes the same seeds and blocks from both arms;
 * the interval is that of the percentiles of the draws.
 */
public final class PairedBootstrap {
    private static final double CONFIDENCE = 0.95;

    private final int blocks;
    private final int draws;
    private final long seed;

    /**
     * How intervals are made.
     *
     * @param blocks of neighbours that each run is cut into
     * @param draws how often is drawn
     * @param seed of the draws
     */
    public PairedBootstrap(int blocks, int draws, long seed) {
        this.blocks = blocks;
        this.draws = draws;
        this.seed = seed;
    }

    /** 40 blocks a run and 1,000 draws. */
    public static PairedBootstrap usual() {
        return new PairedBootstrap(40, 1_000, 1);
    }

    /**
     * One arm's values: for each seed those of its requests in order of arrival. NaN is a request that has none.
     *
     * @param runs by seed, in the same order for every arm
     */
    public record Values(List<double[]> runs) {
        public Values {
            runs = List.copyOf(runs);
        }
    }

    /** What a quantity of one arm is, over all runs. */
    public Interval of(Values arm, Quantity quantity) {
        var sample = new Sample(arm);
        double value = quantity.weighted(sample.sorted, sample.counts(plain(arm)));
        double[] drawn = new double[draws];
        var random = new SplittableRandom(seed);
        for (int d = 0; d < draws; d++) {
            drawn[d] = quantity.weighted(sample.sorted, sample.counts(draw(arm, random)));
        }
        return interval(value, drawn);
    }

    /**
     * The quantity of {@code arm} as a ratio of that of {@code base}: 1 where they are alike.
     *
     * @throws IllegalArgumentException if they have not the same seeds and requests
     */
    public Interval ratio(Values arm, Values base, Quantity quantity) {
        return compare(arm, base, quantity, true);
    }

    /**
     * The quantity of {@code arm} less that of {@code base}.
     *
     * @throws IllegalArgumentException if they have not the same seeds and requests
     */
    public Interval difference(Values arm, Values base, Quantity quantity) {
        return compare(arm, base, quantity, false);
    }

    private Interval compare(Values arm, Values base, Quantity quantity, boolean ratio) {
        paired(arm, base);
        var one = new Sample(arm);
        var other = new Sample(base);
        int[] plain = plain(arm);
        double value = compared(
                quantity.weighted(one.sorted, one.counts(plain)),
                quantity.weighted(other.sorted, other.counts(plain)),
                ratio);
        double[] drawn = new double[draws];
        var random = new SplittableRandom(seed);
        for (int d = 0; d < draws; d++) {
            int[] counts = draw(arm, random);
            drawn[d] = compared(
                    quantity.weighted(one.sorted, one.counts(counts)),
                    quantity.weighted(other.sorted, other.counts(counts)),
                    ratio);
        }
        return interval(value, drawn);
    }

    private static double compared(double arm, double base, boolean ratio) {
        return ratio ? arm / base : arm - base;
    }

    private static void paired(Values arm, Values base) {
        boolean same = arm.runs.size() == base.runs.size()
                && IntStream.range(0, arm.runs.size()).allMatch(i -> arm.runs.get(i).length == base.runs.get(i).length);
        if (!same) {
            throw new IllegalArgumentException("two arms are compared on the same seeds and requests only");
        }
    }

    /** How often each block of each run counts where all count once. */
    private int[] plain(Values arm) {
        int[] counts = new int[arm.runs.size() * blocks];
        Arrays.fill(counts, 1);
        return counts;
    }

    private int[] draw(Values arm, SplittableRandom random) {
        int runs = arm.runs.size();
        int[] counts = new int[runs * blocks];
        for (int r = 0; r < runs; r++) {
            int from = random.nextInt(runs) * blocks;
            for (int b = 0; b < blocks; b++) {
                counts[from + random.nextInt(blocks)]++;
            }
        }
        return counts;
    }

    private static Interval interval(double value, double[] drawn) {
        double[] known =
                Arrays.stream(drawn).filter(d -> !Double.isNaN(d)).sorted().toArray();
        if (Double.isNaN(value) || known.length < drawn.length / 2 || known.length == 0) {
            return new Interval(value, Double.NaN, Double.NaN);
        }
        int out = (int) Math.floor((1 - CONFIDENCE) / 2 * known.length);
        return new Interval(value, known[out], known[known.length - 1 - out]);
    }

    /** All values of an arm in order of size, each with the block of which run it is of. */
    private final class Sample {
        private final double[] sorted;
        private final int[] block;
        private final int[] counts;

        Sample(Values arm) {
            record Value(double value, int block) {}
            var all = new ArrayList<Value>();
            for (int r = 0; r < arm.runs.size(); r++) {
                double[] values = arm.runs.get(r);
                for (int i = 0; i < values.length; i++) {
                    if (!Double.isNaN(values[i])) {
                        all.add(new Value(values[i], r * blocks + (int) ((long) i * blocks / values.length)));
                    }
                }
            }
            all.sort(Comparator.comparingDouble(Value::value));
            sorted = all.stream().mapToDouble(Value::value).toArray();
            block = all.stream().mapToInt(Value::block).toArray();
            counts = new int[sorted.length];
        }

        /** How often each value counts; valid until the next call. */
        int[] counts(int[] ofBlocks) {
            for (int i = 0; i < counts.length; i++) {
                counts[i] = ofBlocks[block[i]];
            }
            return counts;
        }
    }
}
