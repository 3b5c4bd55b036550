package io.kvasir.schedule;

/**
 * Takes the highest totals; chance decides between those that are equal up to {@code tolerance}, or by as much as a scorer
 * says that it may be wrong.
 */
public final class MaxScorePicker implements Picker {
    /** In the unit of the totals; the default only evens out rounding. */
    static final Parameter<Double> TOLERANCE = Parameter.number("tolerance", 1e-9, 0, 1e9);

    static final PluginType TYPE = PluginType.of(
            PluginKind.PICKER,
            "max-score-picker",
            (parameters, _) -> new MaxScorePicker(parameters.get(TOLERANCE), PickedEndpoints.of(parameters)),
            TOLERANCE,
            PickedEndpoints.MOST);

    private final double tolerance;
    private final int named;

    /** @param tolerance totals this far below the best count as equal to it, 0 or more */
    public MaxScorePicker(double tolerance) {
        this(tolerance, 1);
    }

    private MaxScorePicker(double tolerance, int named) {
        this.tolerance = tolerance;
        this.named = named;
    }

    @Override
    public int named() {
        return named;
    }

    @Override
    public String name() {
        return TYPE.name();
    }

    @Override
    public int pick(SchedulingContext context, double[] totals, int[] order, int wanted) {
        int size = context.size();
        int best = 0;
        for (int i = 1; i < size; i++) {
            if (totals[i] > totals[best]) {
                best = i;
            }
        }
        double enough = totals[best] - Math.max(tolerance, context.unsure() * Math.abs(totals[best]));
        int equals = 0;
        int chosen = best;
        for (int i = 0; i < size; i++) {
            if (totals[i] >= enough) {
                equals++;
                if (context.random().nextInt(equals) == 0) {
                    chosen = i;
                }
            }
        }
        order[0] = chosen;
        for (int k = 1; k < wanted; k++) {
            order[k] = bestExcept(totals, size, order, k);
        }
        return equals;
    }

    static int bestExcept(double[] totals, int size, int[] order, int taken) {
        int best = -1;
        for (int i = 0; i < size; i++) {
            if ((best < 0 || totals[i] > totals[best]) && !contains(order, taken, i)) {
                best = i;
            }
        }
        return best;
    }

    static boolean contains(int[] order, int taken, int place) {
        for (int i = 0; i < taken; i++) {
            if (order[i] == place) {
                return true;
            }
        }
        return false;
    }
}
