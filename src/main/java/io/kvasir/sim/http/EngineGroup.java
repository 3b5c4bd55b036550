package io.kvasir.sim.http;

import io.kvasir.clock.ScaledClock;
import io.kvasir.sim.engine.Engine;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;

/** The engines of one event loop. All methods but {@link #wakeIfDue} run on that loop. */
final class EngineGroup implements Runnable {
    private static final long IDLE = Long.MAX_VALUE;

    private final EventLoop loop;
    private final Ticker ticker;
    private final ScaledClock clock;
    private final List<EngineHost> hosts = new ArrayList<>();
    private volatile long due = IDLE;

    EngineGroup(EventLoop loop, Ticker ticker, ScaledClock clock) {
        this.loop = loop;
        this.ticker = ticker;
        this.clock = clock;
        ticker.add(this);
    }

    ScaledClock clock() {
        return clock;
    }

    void add(EngineHost host) {
        hosts.add(host);
    }

    void remove(EngineHost host) {
        hosts.remove(host);
    }

    /** Steps every engine that is due, writes what they said, and waits for the next. */
    @Override
    public void run() {
        long now = clock.getAsLong();
        try {
            for (int i = 0; i < hosts.size(); i++) {
                hosts.get(i).step(now);
            }
        } finally {
            long next = Engine.NEVER;
            for (int i = 0; i < hosts.size(); i++) {
                next = Math.min(next, hosts.get(i).engine().due());
            }
            arm(next);
        }
    }

    /** An engine's next step ends at {@code nanos} of simulated time. */
    void arm(long nanos) {
        if (nanos == Engine.NEVER) {
            return;
        }
        long at = clock.realAt(nanos);
        if (at < due) {
            due = at;
            ticker.armed(at);
        }
    }

    /** Called by the ticker: schedules a run if one is due, and says when the next is. */
    long wakeIfDue(long now) {
        long at = due;
        if (at > now) {
            return at;
        }
        due = IDLE;
        loop.execute(this);
        return IDLE;
    }
}
