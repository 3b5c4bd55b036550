package io.kvasir.schedule;

import java.util.concurrent.atomic.AtomicInteger;

/** Takes candidates in turn, whatever their totals. */
public final class RoundRobinPicker implements Picker {
    static final PluginType TYPE =
            PluginType.of(PluginKind.PICKER, "round-robin-picker", (_, _) -> new RoundRobinPicker());

    private final AtomicInteger turn = new AtomicInteger();

    @Override
    public String name() {
        return TYPE.name();
    }

    @Override
    public int pick(SchedulingContext context, double[] totals, int[] order, int wanted) {
        int size = context.size();
        int first = Math.floorMod(turn.getAndIncrement(), size);
        for (int k = 0; k < wanted; k++) {
            order[k] = (first + k) % size;
        }
        return 1;
    }
}
