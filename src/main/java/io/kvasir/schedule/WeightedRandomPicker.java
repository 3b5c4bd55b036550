package io.kvasir.schedule;

/**
 * Draws candidates with chances in proportion to their totals; totals of 0 or less are never drawn while others are left, and
 * are equal among themselves.
 */
public final class WeightedRandomPicker implements Picker {
    static final PluginType TYPE = PluginType.of(
            PluginKind.PICKER,
            "weighted-random-picker",
            (parameters, _) -> new WeightedRandomPicker(PickedEndpoints.of(parameters)),
            PickedEndpoints.MOST);

    private final int named;

    public WeightedRandomPicker() {
        this(1);
    }

    /** @param named how many endpoints are named, the pick included; 1 or more */
    public WeightedRandomPicker(int named) {
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
        for (int k = 0; k < wanted; k++) {
            int drawn = draw(context, totals, order, k, size);
            if (drawn < 0) {
                RandomPicker.shuffle(context, order, k, wanted);
                break;
            }
            order[k] = drawn;
        }
        return 1;
    }

    /** A place that was not taken; -1 where no total above 0 is left. */
    private static int draw(SchedulingContext context, double[] totals, int[] order, int taken, int size) {
        double sum = 0;
        for (int i = 0; i < size; i++) {
            if (totals[i] > 0 && !MaxScorePicker.contains(order, taken, i)) {
                sum += totals[i];
            }
        }
        if (sum > 0) {
            double at = context.random().nextDouble() * sum;
            int last = -1;
            for (int i = 0; i < size; i++) {
                if (totals[i] > 0 && !MaxScorePicker.contains(order, taken, i)) {
                    last = i;
                    at -= totals[i];
                    if (at < 0) {
                        return i;
                    }
                }
            }
            // sums round
            return last;
        }
        return -1;
    }
}
