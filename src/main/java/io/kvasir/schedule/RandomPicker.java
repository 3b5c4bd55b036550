package io.kvasir.schedule;

/** Takes candidates by chance, whatever their totals. */
public final class RandomPicker implements Picker {
    static final PluginType TYPE = PluginType.of(
            PluginKind.PICKER,
            "random-picker",
            (parameters, _) -> new RandomPicker(PickedEndpoints.of(parameters)),
            PickedEndpoints.MOST);

    private final int named;

    /** @param named how many endpoints are named, the pick included; 1 or more */
    public RandomPicker(int named) {
        this.named = named;
    }

    @Override
    public String name() {
        return TYPE.name();
    }

    @Override
    public int named() {
        return named;
    }

    @Override
    public int pick(SchedulingContext context, double[] totals, int[] order, int wanted) {
        shuffle(context, order, 0, wanted);
        return 1;
    }

    /** Sets the places from {@code taken} to {@code wanted} by chance; those before are set, and not taken again. */
    static void shuffle(SchedulingContext context, int[] order, int taken, int wanted) {
        int size = context.size();
        for (int k = taken; k < wanted; k++) {
            int nth = context.random().nextInt(size - k);
            int place = -1;
            do {
                place++;
                if (!MaxScorePicker.contains(order, k, place)) {
                    nth--;
                }
            } while (nth >= 0);
            order[k] = place;
        }
    }
}
