package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.testing.Await;
import io.kvasir.testing.CollectedMetrics;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PeriodicWorkTest {
    private final Vertx vertx = Vertx.vertx();
    private final PeriodicWork work = new PeriodicWork(vertx);

    @AfterEach
    void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    @Test
    void whatFailsIsCountedAndDoneAgain() throws Exception {
        var times = new AtomicInteger();
        AutoCloseable stop = work.every(1, () -> {
            times.incrementAndGet();
            throw new IllegalStateException("on purpose");
        });
        Await.until("three failures", () -> failures() >= 3);
        stop.close();
        assertThat(times.get()).isGreaterThanOrEqualTo(3);
    }

    @Test
    void noEventLoopDoesIt() {
        var done = new AtomicBoolean();
        var onLoop = new AtomicBoolean();
        work.every(1, () -> {
            onLoop.compareAndSet(false, Context.isOnEventLoopThread());
            done.set(true);
        });
        Await.until("it is done", done::get);
        assertThat(onLoop).isFalse();
        assertThat(failures()).isZero();
    }

    @Test
    void whatTakesLongIsNotDoneMoreOftenAfterwards() throws Exception {
        var times = new AtomicInteger();
        var ticks = new AtomicInteger();
        var goOn = new Semaphore(0);
        AutoCloseable stop = work.every(1, () -> {
            times.incrementAndGet();
            goOn.acquireUninterruptibly();
        });
        vertx.setPeriodic(1, _ -> ticks.incrementAndGet());
        Await.until("it is done", () -> times.get() == 1);
        int before = ticks.get();
        Await.until("it was due many times", () -> ticks.get() >= before + 50);
        stop.close();
        goOn.release(1_000);
        // behind what waits for a thread
        var others = new AtomicInteger();
        work.every(1, others::incrementAndGet);
        Await.until("other work is done", () -> others.get() >= 50);
        assertThat(times.get()).isLessThanOrEqualTo(2);
    }

    @Test
    void whatTakesLongHoldsUpNothingElse() {
        var begun = new AtomicInteger();
        var others = new AtomicInteger();
        var goOn = new Semaphore(0);
        try {
            work.every(1, () -> {
                begun.incrementAndGet();
                goOn.acquireUninterruptibly();
            });
            Await.until("it has begun", () -> begun.get() > 0);
            work.every(1, others::incrementAndGet);
            Await.until("other work is done", () -> others.get() >= 30);
            assertThat(begun).hasValue(1);
        } finally {
            goOn.release(1_000_000);
        }
    }

    private double failures() {
        return CollectedMetrics.of(work::describe).value("kvasir_contained_failures_total{what=periodic-work}");
    }
}
