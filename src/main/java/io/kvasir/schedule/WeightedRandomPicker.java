package io.kvasir.schedule;

/** Draws candidates with chances in proportion to their totals; totals of 0 or less are never drawn while others are left. */
public final class WeightedRandomPicker implements Picker {
    static final PluginType TYPE =
            PluginType.of(PluginKind.PICKER, "weighted-random-picker", (_, _) -> new WeightedRandomPicker());

    @Override
    public String name() {
        return TYPE.name();
    }

    @Override
    public int pick(SchedulingContext context, double[] totals, int[] order, int wanted) {
        int size = context.size();
        for (int k = 0; k < wanted; k++) {
            order[k] = draw(context, totals, order, k, size);
        }
        return 1;
    }

    private static int draw(SchedulingContext context, double[] totals, int[] order, int taken, int size) {
        double sum = 0;
        for (int i = 0; i < size; i++) {
            if (totals[i] > 0 && !MaxScorePicker.contains(order, taken, i)) {
                sum += totals[i];
            }
        }
        if (sum > 0) {
            double at = context.random().nextDouble() * sum;
            for (int i = 0; i < size; i++) {
                if (totals[i] > 0 && !MaxScorePicker.contains(order, taken, i)) {
                    at -= totals[i];
                    if (at < 0) {
                        return i;
                    }
                }
            }
        }
        return MaxScorePicker.bestExcept(totals, size, order, taken);
    }
}
