package io.kvasir.proxy;

import io.netty.channel.EventLoop;
import java.util.ArrayList;

/**
 * Answers that have bytes for their clients. They are written when the event loop has read everything that had arrived,
 * so that chunks that came together leave in one write, and none waits for more.
 */
final class WriteBatch implements Runnable {
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
            due.get(i).flush();
        }
        due.clear();
    }
}
