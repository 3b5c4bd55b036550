package io.kvasir.app;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * What has been started and is to be closed: doors all at once, since each may have requests to wait for, and behind them
 * the other parts, the last first. What fails to close is logged and keeps nothing else open.
 */
final class StartedParts {
    private static final Logger LOG = Logger.getLogger(StartedParts.class);

    private record Part(String name, AutoCloseable closing) {}

    private final List<Part> doors = new ArrayList<>();
    private final Deque<Part> before = new ArrayDeque<>();
    private final Deque<Part> behind = new ArrayDeque<>();

    /** Takes requests. */
    void door(String name, AutoCloseable closing) {
        doors.add(new Part(name, closing));
    }

    /** To be closed before the doors. */
    void lead(String name, AutoCloseable closing) {
        before.push(new Part(name, closing));
    }

    /** To be closed behind the doors. */
    void part(String name, AutoCloseable closing) {
        behind.push(new Part(name, closing));
    }

    /**
     * Closes everything, once.
     *
     * @param most how long doors are waited for, all together; those that take longer are left behind
     */
    void close(Duration most) {
        while (!before.isEmpty()) {
            close(before.pop());
        }
        closeDoors(most);
        while (!behind.isEmpty()) {
            close(behind.pop());
        }
    }

    private void closeDoors(Duration most) {
        long until = System.nanoTime() + most.toNanos();
        var closing = doors.stream()
                .map(door ->
                        Thread.ofPlatform().daemon().name("stop " + door.name).start(() -> close(door)))
                .toList();
        for (int i = 0; i < closing.size(); i++) {
            try {
                long left = Math.max(1, TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime()));
                if (!closing.get(i).join(Duration.ofMillis(left))) {
                    LOG.warnf("%s did not close within %s and is left behind", doors.get(i).name, most);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        doors.clear();
    }

    private static void close(Part part) {
        try {
            part.closing.close();
        } catch (Exception e) {
            LOG.errorf(e, "%s could not be closed", part.name);
        }
    }
}
