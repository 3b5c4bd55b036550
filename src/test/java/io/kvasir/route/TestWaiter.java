package io.kvasir.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** A caller whose loop turns when the test says so. */
final class TestWaiter implements Waiter {
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final List<Routing.Decided> decided = new ArrayList<>();

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
    }

    @Override
    public void decided(Routing.Decided routing) {
        decided.add(routing);
    }

    /** Runs what the loop was given. */
    TestWaiter turn() {
        for (var task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
        return this;
    }

    /** Whether the loop was given nothing. */
    boolean idle() {
        return tasks.isEmpty();
    }

    List<Routing.Decided> heard() {
        return decided;
    }

    /** The booking that it heard of, and nothing else. */
    Booking booking() {
        assertThat(decided).singleElement().isInstanceOf(Routing.Booked.class);
        return ((Routing.Booked) decided.getFirst()).booking();
    }
}
