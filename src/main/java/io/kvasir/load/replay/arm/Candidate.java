package io.kvasir.load.replay.arm;

import io.kvasir.cost.TimeModel;
import io.kvasir.schedule.SchedulingContext;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * A rule that names one candidate: it costs nothing, the others something. Rules take the first of equals; so that this is no
 * place in the pool's list, and with that a class of hardware, they see the candidates in an order that chance makes anew for
 * each request.
 */
abstract class Candidate extends Formula {
    private final RandomGenerator random;
    private int[] order = new int[0];
    private int chosen;

    Candidate(String name, TimeModel time, RandomGenerator random) {
        super(name, time);
        this.random = random;
    }

    /**
     * Which candidate to take, an index of {@code places}.
     *
     * @param places of all candidates
     */
    abstract int choose(SchedulingContext context, int[] places);

    @Override
    final void prepare(SchedulingContext context) {
        shuffle(context.size());
        chosen = order[choose(context, order)];
    }

    private void shuffle(int size) {
        if (order.length != size) {
            order = IntStream.range(0, size).toArray();
        }
        for (int i = size - 1; i > 0; i--) {
            int other = random.nextInt(i + 1);
            int place = order[i];
            order[i] = order[other];
            order[other] = place;
        }
    }

    @Override
    final double cost(SchedulingContext context, int place) {
        return place == chosen ? 0 : 1 + requests(context, place);
    }
}
