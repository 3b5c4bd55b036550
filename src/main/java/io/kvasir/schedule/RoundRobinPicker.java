package io.kvasir.schedule;

import java.util.concurrent.atomic.AtomicInteger;

/** Takes candidates in turn, whatever their totals. */
public final class RoundRobinPicker implements Picker {
    private final AtomicInteger turn = new AtomicInteger();

    @Override
    public String name() {
        return "round-robin-picker";
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
