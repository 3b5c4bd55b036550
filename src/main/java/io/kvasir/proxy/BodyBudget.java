package io.kvasir.proxy;

import java.util.concurrent.atomic.AtomicLong;

/** The bytes of request bodies that may be held at one time, over all requests. */
final class BodyBudget {
    private final long most;
    private final AtomicLong used = new AtomicLong();

    BodyBudget(long most) {
        this.most = most;
    }

    /** Takes {@code bytes} if they are there. */
    boolean take(int bytes) {
        if (used.addAndGet(bytes) <= most) {
            return true;
        }
        used.addAndGet(-bytes);
        return false;
    }

    void give(long bytes) {
        used.addAndGet(-bytes);
    }

    long used() {
        return used.get();
    }
}
