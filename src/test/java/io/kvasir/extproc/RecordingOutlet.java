package io.kvasir.extproc;

import io.kvasir.extproc.wire.PickerMessage;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A transport that keeps what it is given, and takes it or not as a test says. */
final class RecordingOutlet implements Outlet {
    final List<PickerMessage> messages = new ArrayList<>();
    boolean ready = true;
    int requested;
    int completed;
    /** What was to run last after a while, and after how many ns; null where it was called off. */
    @Nullable
    Runnable timed;

    long timedNanos;

    @Override
    public void send(PickerMessage message) {
        messages.add(message);
    }

    @Override
    public boolean ready() {
        return ready;
    }

    @Override
    public void request() {
        requested++;
    }

    @Override
    public void later(Runnable task) {
        task.run();
    }

    @Override
    public Runnable after(long nanos, Runnable task) {
        timed = task;
        timedNanos = nanos;
        return () -> timed = null;
    }

    @Override
    public void complete() {
        completed++;
    }

    @Override
    public void fail(String why) {
        throw new AssertionError(why);
    }
}
