package io.kvasir.admission.flow;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.kvasir.admission.Stay;
import io.kvasir.admission.Ticket;
import io.kvasir.admission.Verdict;
import io.kvasir.pool.EndpointSpec;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Many threads at once, after which nothing may be left. */
class FlowStressTest {
    private static final EndpointSpec A = FlowFixture.gpu("a", 1, "NVIDIA-H100");
    private static final FlowSettings WIDE = FlowSettings.DEFAULT.withBand(
            0, new BandSettings(0, 60, Ordering.FCFS, new Limits(200_000, Long.MAX_VALUE, Long.MAX_VALUE)));

    private static void assertNothingLeft(FlowControl flow) {
        var after = flow.snapshot();
        assertThat(List.of(after.waiting(), after.bytes(), after.tokens())).containsOnly(0L);
        assertThat(after.bands())
                .allSatisfy(band -> assertThat(List.of(band.waiting(), band.bytes(), band.tokens(), band.inFlight()))
                        .containsOnly(0L));
        assertThat(after.tenants())
                .allSatisfy(tenant ->
                        assertThat(List.of(tenant.waiting(), tenant.inFlight())).containsOnly(0L));
    }

    @Test
    void tenThousandThatWaitTakeLittleMemory() {
        var fixture = new FlowFixture(WIDE, A);
        fixture.busy("a", 1_000);
        var asked = new ArrayList<Asked>();
        for (int i = 0; i < 10_000; i++) {
            asked.add(Asked.of(fixture, "t" + i % 50, 1_000, 10).session("s" + i));
        }
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        asked.forEach(fixture.flow::admit);
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;

        assertThat(fixture.flow.snapshot().waiting()).isEqualTo(10_000);
        assertThat(allocated).isLessThan(64_000_000);
    }

    @Test
    void whereNothingWaitsARequestCostsLittleMoreThanItsTicket() {
        var fixture = new FlowFixture(WIDE, A);
        var asked = Asked.of(fixture, "t", 1_000, 10);
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        int times = 10_000;
        through(fixture, asked, times);
        long before = threads.getCurrentThreadAllocatedBytes();
        through(fixture, asked, times);
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;

        // the request's work and its snapshot are the test's, the rest is what is told to whom it is let in by
        assertThat(allocated / times).isLessThan(400);
        assertNothingLeft(fixture.flow);
    }

    private static void through(FlowFixture fixture, Asked asked, int times) {
        for (int i = 0; i < times; i++) {
            ((Verdict.Admitted) fixture.flow.admit(asked)).stay().ended(null, 0, 0);
        }
    }

    @Test
    void aHundredThousandThatLeaveLeaveNothingBehind() throws Exception {
        var fixture = new FlowFixture(WIDE, A);
        fixture.busy("a", 1_000);
        var tickets = new ArrayList<Ticket>();
        for (int i = 0; i < 100_000; i++) {
            var asked = Asked.of(fixture, "t" + i % 50, 1_000, 10).session("s" + i % 500);
            fixture.flow.admit(asked);
            tickets.add(asked.ticket());
        }
        assertThat(fixture.flow.snapshot().waiting()).isEqualTo(100_000);

        var threads = new ArrayList<Thread>();
        for (int t = 0; t < 4; t++) {
            int mine = t;
            threads.add(Thread.ofPlatform().start(() -> {
                for (int i = mine; i < tickets.size(); i += 4) {
                    tickets.get(i).cancel();
                }
            }));
        }
        for (var thread : threads) {
            thread.join();
        }

        assertNothingLeft(fixture.flow);
        assertThat(fixture.band(0).left()).isEqualTo(100_000);
    }

    @Test
    void whoComesLeavesIsLetGoAndEndsAtOnceIsCountedOnce() throws Exception {
        var fixture = new FlowFixture(WIDE, A);
        var flow = fixture.flow;
        int threads = 4;
        int each = 3_000;
        var over = new CountDownLatch(threads);
        var stopped = new AtomicBoolean();
        var ticking = Thread.ofPlatform().start(() -> {
            boolean busy = false;
            while (!stopped.get()) {
                if (busy) {
                    fixture.endpoint("a").load().releasePrefill(5_000_000_000L, fixture.clock.get());
                } else {
                    fixture.endpoint("a").load().placePrefill(5_000_000_000L, fixture.clock.get());
                }
                busy = !busy;
                fixture.clock.addAndGet(1_000_000);
                flow.tick();
                flow.freed(fixture.endpoint("a"));
            }
        });
        for (int t = 0; t < threads; t++) {
            int mine = t;
            Thread.ofPlatform().start(() -> {
                var waiting = new ArrayList<Ticket>();
                var stays = new ArrayList<Stay>();
                for (int i = 0; i < each; i++) {
                    var asked = Asked.of(fixture, "t" + (mine + i) % 7, 100 + i, 10)
                            .priority(i % 3 - 1)
                            .session("s" + i % 5);
                    switch (flow.admit(asked)) {
                        case Verdict.Admitted admitted -> admitted.stay().ended(fixture.endpoint("a"), 100, 10);
                        case Verdict.Held held -> {
                            waiting.add(held.ticket());
                            stays.add(held.stay());
                        }
                        case Verdict.Refused _ -> {}
                    }
                }
                for (int i = 0; i < waiting.size(); i++) {
                    waiting.get(i).cancel();
                    if (waiting.get(i).end() instanceof Ticket.End.LetGo) {
                        stays.get(i).ended(null, 0, 0);
                    }
                }
                over.countDown();
            });
        }
        over.await();
        stopped.set(true);
        ticking.join();

        assertNothingLeft(flow);
        long told = flow.snapshot().bands().stream()
                .mapToLong(band -> band.letIn() + band.letGo() + band.left() + band.expired() + band.saturated())
                .sum();
        assertThat(told).isEqualTo((long) threads * each);
    }
}
