package io.kvasir.observe.live;

import io.smallrye.mutiny.subscription.MultiEmitter;
import org.jspecify.annotations.Nullable;

/** One who watches: gets the newest frame, and none of those that it was too slow for. */
final class LiveViewer {
    private final Runnable leaves;
    private @Nullable MultiEmitter<? super String> emitter;
    private @Nullable String early;
    private boolean over;
    private int frames;

    /** @param leaves called when it has gone, maybe more than once */
    LiveViewer(Runnable leaves) {
        this.leaves = leaves;
    }

    /** What takes frames from now on; {@code to} keeps the newest only where its reader is slow. */
    synchronized void attach(MultiEmitter<? super String> to) {
        to.onTermination(leaves);
        emitter = to;
        if (early != null) {
            to.emit(early);
        }
        if (over) {
            to.complete();
        }
    }

    /** A new frame. */
    synchronized void tell(String frame) {
        frames++;
        if (emitter == null) {
            early = frame;
        } else {
            emitter.emit(frame);
        }
    }

    /** Frames that it was told. */
    synchronized int frames() {
        return frames;
    }

    /** It is told nothing more; it may come again. */
    void end() {
        MultiEmitter<? super String> told;
        synchronized (this) {
            over = true;
            told = emitter;
        }
        if (told != null) {
            told.complete();
        }
        leaves.run();
    }
}
