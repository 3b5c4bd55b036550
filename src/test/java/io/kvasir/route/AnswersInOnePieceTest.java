package io.kvasir.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.admission.flow.FlowControl;
import io.kvasir.admission.flow.FlowSettings;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EngineStats;
import io.kvasir.request.Dialect;
import io.kvasir.request.RequestHeaders;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Answers that are not streamed say nothing of their prompts until they are there, which must hold up nobody. */
class AnswersInOnePieceTest {
    private static final EndpointSpec A = EndpointSpec.builder("a", "10.0.0.1", 80)
            .product("NVIDIA-H100-80GB-HBM3")
            .build();

    private final RouterFixture fixture = new RouterFixture(A);
    private final Router router = fixture.router;
    private final TestWaiter waiter = new TestWaiter();
    private final FlowControl flow = new FlowControl(
            FlowSettings.DEFAULT,
            fixture.pool,
            fixture.time,
            2_000_000_000L,
            fixture.clock::get,
            () -> new SplittableRandom(1));
    private final List<Booking> bookings = new ArrayList<>();
    private int asked;

    AnswersInOnePieceTest() {
        router.admission(flow);
    }

    private Routing ask(boolean stream) {
        byte[] body = ("{\"model\":\"m\",\"max_tokens\":200,\"stream\":" + stream
                        + ",\"messages\":[{\"role\":\"user\",\"content\":\"" + asked++ + " what ".repeat(800) + "\"}]}")
                .getBytes(java.nio.charset.StandardCharsets.UTF_8);
        var reading = router.read(Dialect.CHAT_COMPLETIONS);
        reading.feed(body, 0, body.length);
        var routing =
                router.route(reading, reading.finish().withHeaders(RequestHeaders.NONE), RoutingHints.NONE, waiter);
        if (routing instanceof Routing.Booked(var booking)) {
            bookings.add(booking);
        }
        return routing;
    }

    private void pass(double seconds) {
        fixture.clock.addAndGet(Math.round(seconds * 1e9));
        flow.tick();
    }

    private void end() {
        waiter.turn().heard().forEach(one -> bookings.add(((Routing.Booked) one).booking()));
        bookings.forEach(one -> one.finish(Outcome.COMPLETED));
        fixture.assertNothingInFlight();
        assertThat(flow.snapshot().waiting()).isZero();
    }

    private double pendingSeconds() {
        return router.pool().snapshot().at(0).load().prefillNanos() * 1e-9;
    }

    @Test
    void theirPromptsCountUntilTheyShouldBeComputedAndNotUntilTheyAreAnswered() {
        while (pendingSeconds() < 2 * FlowSettings.DEFAULT.holdSeconds()) {
            assertThat(ask(false)).isInstanceOf(Routing.Booked.class);
            pass(0.5);
        }

        assertThat(ask(false)).isInstanceOf(Routing.Booked.class);
        end();
    }

    @Test
    void manyAtOnceWaitUntilThoseBeforeThemShouldBeComputed() {
        while (ask(false) instanceof Routing.Booked) {
            assertThat(pendingSeconds()).isLessThan(2 * FlowSettings.DEFAULT.holdSeconds());
        }
        assertThat(waiter.turn().heard()).isEmpty();

        pass(1);
        end();
    }

    @Test
    void streamedOnesCountUntilTheirFirstToken() {
        while (ask(true) instanceof Routing.Booked) {
            pass(0);
        }
        long before = pendingPrefills();
        pass(0.5 * FlowSettings.DEFAULT.holdSeconds() / before);

        assertThat(waiter.turn().heard()).hasSizeLessThan(2);
        bookings.forEach(Booking::firstToken);
        end();
    }

    private long pendingPrefills() {
        return router.pool().snapshot().at(0).load().prefills();
    }

    @Test
    void aFreshPageWithAQueueSaysThatTheyAreNotComputed() {
        while (ask(false) instanceof Routing.Booked) {
            pass(0);
        }
        for (int i = 0; i < 5; i++) {
            assertThat(ask(false)).isInstanceOf(Waiting.class);
        }
        int waiting = (int) pendingPrefills();
        fixture.clock.addAndGet(1_000_000_000L);
        router.pool()
                .snapshot()
                .at(0)
                .report(EngineStats.at(fixture.clock.get())
                        .running(8)
                        .waiting(waiting)
                        .kvUsage(0.5)
                        .blocks(16, 100_000)
                        .build());
        // the first in line is taken to be under way
        assertThat(waiter.turn().heard()).hasSizeLessThan(2);

        pass(3);
        end();
    }
}
