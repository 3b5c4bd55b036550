package io.kvasir.proxy;

import io.kvasir.failure.ContainedFailures;
import io.netty.channel.EventLoop;
import java.util.ArrayList;

/**
 * Answers that have bytes for their clients. They are written when the event loop has read everything that had arrived,
 * so that chunks that came together leave in one write, and none waits for more.
 */
final class WriteBatch implements Runnable {
    private static final ContainedFailures FAILURES = new ContainedFailures("writing an answer");

    private final EventLoop loop;
    private ArrayList<Relay> waiting = new ArrayList<>();
    private ArrayList<Relay> spare = new ArrayList<>();

    WriteBatch(EventLoop loop) {
        this.loop = loop;
    }

    void add(Relay relay) {
        if (waiting.isEmpty()) {
            loop.execute(this);
        }
        waiting.add(relay);
    }

    @Override
    public void run() {
        var due = waiting;
        waiting = spare;
        spare = due;
        for (int i = 0; i < due.size(); i++) {
            try {
                due.get(i).flush();
            } catch (RuntimeException e) {
                // of the others' answers none may wait for it
                FAILURES.failed(e);
                FAILURES.contain(due.get(i)::writeFailed);
            }
        }
        due.clear();
    }
}
