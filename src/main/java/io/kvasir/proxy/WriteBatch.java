package io.kvasir.proxy;

import io.kvasir.failure.ContainedFailures;
import io.netty.channel.EventLoop;
import java.util.ArrayList;

/**
 * Answers that have bytes for their clients. They are written when the event loop has read everything that had arrived,
 * so that chunks that came together leave in one write, and none waits for more.
 */
final class WriteBatch implements Runnable {
    /** An answer that has bytes. */
    interface Writer {
        /** Writes them. */
        void flush();

        /** That failed. */
        void writeFailed();
    }

    private final EventLoop loop;
    private final ContainedFailures failures;
    private ArrayList<Writer> waiting = new ArrayList<>();
    private ArrayList<Writer> spare = new ArrayList<>();

    /** @param failures of writes, which no other answer may suffer from */
    WriteBatch(EventLoop loop, ContainedFailures failures) {
        this.loop = loop;
        this.failures = failures;
    }

    void add(Writer answer) {
        if (waiting.isEmpty()) {
            loop.execute(this);
        }
        waiting.add(answer);
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
                failures.failed(e);
                failures.contain(due.get(i)::writeFailed);
            }
        }
        due.clear();
    }
}
