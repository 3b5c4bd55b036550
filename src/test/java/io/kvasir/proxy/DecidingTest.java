package io.kvasir.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.admission.FailingAdmission;
import io.kvasir.admission.TestAdmission;
import io.kvasir.admission.TestAdmission.Mode;
import io.kvasir.admission.flow.FlowControl;
import io.kvasir.admission.flow.FlowSettings;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.request.Refusal;
import io.kvasir.request.Refusals;
import io.kvasir.route.ModelLists;
import io.kvasir.route.RouterEvent;
import io.kvasir.testing.Await;
import io.kvasir.testing.CollectedMetrics;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that wait for their decision, and whatever may happen meanwhile. */
class DecidingTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String BODY = "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"model\":\"m\"}";
    private static final long SECOND = 1_000_000_000;

    private final TestAdmission admission = new TestAdmission(Mode.HOLD);

    private ProxyFixture proxy(EndpointSpec... endpoints) throws Exception {
        return holding(ProxyFixture.over(endpoints));
    }

    private ProxyFixture holding(ProxyFixture proxy) {
        proxy.router.admission(admission);
        return proxy;
    }

    /** Nothing is left of any request, here or there. */
    private void assertNothingLeft(ProxyFixture proxy) {
        proxy.assertNothingHeld();
        Await.until("admission keeps nothing", () -> admission.inside() == 0 && admission.waiting() == 0);
    }

    @Test
    void aRequestThatIsLetGoByAnotherThreadGoesOnOnItsOwnLoop() throws Exception {
        var threads = new ConcurrentLinkedQueue<String>();
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = proxy(engine.spec("a"));
                var client = proxy.client()) {
            var _ = proxy.router
                    .events()
                    .listen(
                            EnumSet.of(RouterEvent.Kind.DECIDED),
                            event -> threads.add(Thread.currentThread().getName()));
            client.post(CHAT, BODY);
            var ticket = admission.held();
            assertThat(engine.requests()).isZero();
            assertThat(proxy.counts().inFlight()).isEqualTo(1);

            assertThat(admission.letGo(ticket)).isTrue();

            assertThat(client.answer().body()).isEqualTo("{}");
            assertThat(engine.next().text()).isEqualTo(BODY);
            assertThat(threads).singleElement().asString().startsWith("vert.x-eventloop-thread");
            assertNothingLeft(proxy);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anAdmissionThatThrowsLetsRequestsPastIt(boolean holds) throws Exception {
        var failing = new FailingAdmission(holds);
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client()) {
            proxy.router.admission(failing);

            for (int i = 0; i < 2; i++) {
                assertThat(client.post(CHAT, BODY).answer().status()).isEqualTo(200);
                proxy.assertNothingHeld();
            }

            assertThat(engine.requests()).isEqualTo(2);
            assertThat(CollectedMetrics.of(proxy.router::describe).value(FailingAdmission.COUNTER))
                    .isGreaterThanOrEqualTo(2);
        }
    }

    @Test
    void aRequestInFlightMakesRoomWhileItsClientWasToldNothing() throws Exception {
        admission.mode(Mode.ADMIT);
        try (var engine = new RawUpstream(peer -> {
                    peer.read();
                    peer.awaitGone();
                });
                var proxy = proxy(engine.spec("a"));
                var client = proxy.client()) {
            client.post(CHAT, BODY);
            assertThat(engine.next().text()).isEqualTo(BODY);
            var booked = admission.booked().element();
            assertThat(booked.evictable()).isTrue();

            assertThat(booked.evict(Refusals.evicted(1_500))).isTrue();

            var answer = client.answer();
            assertThat(answer.status()).isEqualTo(429);
            assertThat(answer.headers().get(Refusal.REASON_HEADER)).isEqualTo("evicted-priority");
            assertThat(answer.headers().get("retry-after")).isEqualTo("2");
            assertThat(answer.headers().get("retry-after-ms")).isEqualTo("1500");
            assertThat(booked.evictable()).isFalse();
            assertThat(booked.evict(Refusals.evicted(0))).isFalse();
            assertNothingLeft(proxy);
        }
    }

    @Test
    void aRequestWhoseAnswerHasBegunKeepsItsPlace() throws Exception {
        admission.mode(Mode.ADMIT);
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = proxy(engine.spec("a"));
                var client = proxy.client()) {
            assertThat(client.post(CHAT, BODY).answer().status()).isEqualTo(200);

            var booked = admission.booked().element();
            assertThat(booked.evictable()).isFalse();
            assertThat(booked.evict(Refusals.evicted(0))).isFalse();
            assertNothingLeft(proxy);
        }
    }

    @Test
    void otherRequestsOfTheLoopAreServedMeanwhile() throws Exception {
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = holding(ProxyFixture.over(ProxyFixture.SETTINGS.withEventLoops(1), engine.spec("a")));
                var waits = proxy.client();
                var passes = proxy.client()) {
            waits.post(CHAT, BODY);
            var ticket = admission.held();
            admission.mode(Mode.ADMIT);
            assertThat(passes.post(CHAT, BODY).answer().status()).isEqualTo(200);
            admission.letGo(ticket);
            assertThat(waits.answer().status()).isEqualTo(200);
            assertNothingLeft(proxy);
        }
    }

    @Test
    void aClientThatLeavesWhileItWaitsIsForgotten() throws Exception {
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = proxy(engine.spec("a"))) {
            try (var client = proxy.client()) {
                client.post(CHAT, BODY);
                admission.held();
            }
            Await.until("it has left", () -> admission.left() == 1);
            Await.until("it is counted", () -> proxy.counts().aborted(AbortReason.CLIENT_GONE) == 1);
            assertNothingLeft(proxy);
            assertThat(engine.requests()).isZero();
        }
    }

    @Test
    void aClientThatLeavesAsItIsLetGoIsForgotten() throws Exception {
        try (var engine = new RawUpstream(peer -> {
                    peer.read();
                    peer.awaitGone();
                });
                var proxy = proxy(engine.spec("a"))) {
            for (int i = 0; i < 50; i++) {
                try (var client = proxy.client()) {
                    client.post(CHAT, BODY);
                    var ticket = admission.held();
                    var letGo = CompletableFuture.runAsync(() -> admission.letGo(ticket));
                    client.socket.close();
                    letGo.join();
                }
            }
            Await.until("all are counted", () -> proxy.counts().aborted(AbortReason.CLIENT_GONE) == 50);
            assertNothingLeft(proxy);
        }
    }

    @Test
    void aDrainWaitsForThoseThatWait() throws Exception {
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"));
                // one loop: that it closes who is idle says that it drains, and another may not know yet
                var proxy = holding(ProxyFixture.over(ProxyFixture.SETTINGS.withEventLoops(1), engine.spec("a")));
                var client = proxy.client();
                var idle = proxy.client()) {
            assertThat(idle.get("/v2/nothing").answer().status()).isEqualTo(404);
            client.post(CHAT, BODY);
            var ticket = admission.held();
            var stopped = CompletableFuture.runAsync(() -> proxy.server.stop(Duration.ofSeconds(60)));
            idle.awaitClosed();
            assertThat(stopped).isNotDone();

            admission.letGo(ticket);

            var answer = client.answer();
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.headers()).containsEntry("connection", "close");
            stopped.join();
            assertNothingLeft(proxy);
        }
    }

    @Test
    void whoeverStillWaitsAfterTheDrainIsTold() throws Exception {
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = proxy(engine.spec("a"));
                var client = proxy.client()) {
            client.post(CHAT, BODY);
            admission.held();
            proxy.server.stop(Duration.ofMillis(1));
            var answer = client.answer();
            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.headers()).containsEntry("retry-after", "1");
            assertThat(admission.left()).isEqualTo(1);
            assertNothingLeft(proxy);
            assertThat(engine.requests()).isZero();
        }
    }

    private static FlowControl queueOf(ProxyFixture proxy) {
        var flow = new FlowControl(
                FlowSettings.DEFAULT,
                proxy.pool,
                proxy.time,
                2 * SECOND,
                System::nanoTime,
                () -> new SplittableRandom(1));
        proxy.router.admission(flow);
        return flow;
    }

    private static void keepBusy(ProxyFixture proxy) {
        proxy.pool.snapshot().at(0).load().placePrefill(3_600 * SECOND, System.nanoTime());
    }

    private static void busyNoLonger(ProxyFixture proxy) {
        proxy.pool.snapshot().at(0).load().releasePrefill(3_600 * SECOND, System.nanoTime());
    }

    @Test
    void whatWaitsInTheQueueOutlivesAPoolThatIsEmptiedAndFilled() throws Exception {
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client()) {
            var flow = queueOf(proxy);
            keepBusy(proxy);
            client.post(CHAT, BODY);
            Await.until("the request waits", () -> flow.snapshot().waiting() == 1);

            proxy.pool.apply(List.of());
            flow.tick();
            assertThat(flow.snapshot().waiting()).isEqualTo(1);
            assertThat(engine.requests()).isZero();
            // under the same address comes another replica, whose books are empty
            proxy.pool.apply(List.of(engine.spec("a")));

            assertThat(client.answer().status()).isEqualTo(200);
            assertThat(flow.snapshot().waiting()).isZero();
            proxy.assertNothingHeld();
        }
    }

    @Test
    void whatWaitsInTheQueueIsServedWhileTheDoorDrainsAndToldWhenThatIsOver() throws Exception {
        for (boolean inTime : new boolean[] {true, false}) {
            try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"));
                    var proxy = ProxyFixture.over(ProxyFixture.SETTINGS.withEventLoops(1), engine.spec("a"));
                    var client = proxy.client();
                    var idle = proxy.client()) {
                var flow = queueOf(proxy);
                keepBusy(proxy);
                assertThat(idle.get("/v2/nothing").answer().status()).isEqualTo(404);
                client.post(CHAT, BODY);
                Await.until("the request waits", () -> flow.snapshot().waiting() == 1);
                var bound = inTime ? Duration.ofSeconds(60) : Duration.ofMillis(1);
                var stopped = CompletableFuture.runAsync(() -> proxy.server.stop(bound));
                idle.awaitClosed();
                if (inTime) {
                    busyNoLonger(proxy);
                    flow.tick();
                }

                var answer = client.answer();
                assertThat(answer.status()).isEqualTo(inTime ? 200 : 503);
                assertThat(answer.headers().get(Refusal.REASON_HEADER))
                        .isEqualTo(inTime ? null : "rejected-shutting-down");
                assertThat(answer.body()).contains(inTime ? "{}" : "\"shutting_down\"");
                stopped.join();
                assertThat(flow.snapshot().waiting()).isZero();
                assertThat(flow.snapshot().bands().getFirst().left()).isEqualTo(inTime ? 0 : 1);
                if (!inTime) {
                    busyNoLonger(proxy);
                }
                proxy.assertNothingHeld();
            }
        }
    }

    @Test
    void theBodyIsHeldByTheBudgetWhileItWaits() throws Exception {
        String large =
                "{\"messages\":[{\"role\":\"user\",\"content\":\"" + "x".repeat(300_000) + "\"}],\"model\":\"m\"}";
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = proxy(engine.spec("a"));
                var client = proxy.client()) {
            client.post(CHAT, large);
            var ticket = admission.held();
            assertThat(proxy.counts().bufferedBytes()).isGreaterThan(300_000);
            admission.letGo(ticket);
            assertThat(client.answer().status()).isEqualTo(200);
            assertThat(engine.next().text()).isEqualTo(large);
            assertNothingLeft(proxy);

            client.post(CHAT, large);
            var refused = admission.held();
            assertThat(proxy.counts().bufferedBytes()).isGreaterThan(300_000);
            admission.refuse(refused);
            assertThat(client.answer().status()).isEqualTo(429);
            assertNothingLeft(proxy);
        }
    }

    @Test
    void anEndpointThatIsLostMeanwhileIsNotSentTheRequest() throws Exception {
        try (var first = new RawUpstream(RawUpstream.answering(200, "{\"at\":1}"));
                var second = new RawUpstream(RawUpstream.answering(200, "{\"at\":2}"));
                var proxy = proxy(first.spec("a"));
                var client = proxy.client()) {
            client.post(CHAT, BODY);
            var ticket = admission.held();
            proxy.pool.apply(List.of(second.spec("b")));
            admission.letGo(ticket);
            assertThat(client.answer().body()).isEqualTo("{\"at\":2}");

            client.post(CHAT, BODY);
            var alone = admission.held();
            proxy.pool.apply(List.of());
            admission.letGo(alone);
            assertThat(client.answer().status()).isEqualTo(503);
            assertThat(first.requests()).isZero();
            assertNothingLeft(proxy);
        }
    }

    @Test
    void aDeadlineEndsTheWait() throws Exception {
        var clock = new AtomicLong(SECOND);
        admission.patience(10 * SECOND);
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = holding(new ProxyFixture(quick(), clock::get, List.of(engine.spec("a"))));
                var client = proxy.client()) {
            client.post(CHAT, BODY);
            var ticket = admission.held();
            clock.addAndGet(9 * SECOND);
            proxy.awaitSweeps(2);
            assertThat(ticket.end()).isNull();

            clock.addAndGet(SECOND);

            var answer = client.answer();
            assertThat(answer.status()).isEqualTo(429);
            assertThat(answer.headers()).containsKeys("retry-after", Refusal.REASON_HEADER);
            assertThat(admission.letGo(ticket)).isFalse();
            assertNothingLeft(proxy);
        }
    }

    /** Sweeps often; and silence of less than a second is too long where it counts. */
    private static ProxySettings quick() {
        return ProxyFixture.SETTINGS.toBuilder()
                .eventLoops(1)
                .waits(new ProxySettings.Waits(Duration.ofSeconds(1), Duration.ofMillis(400), Duration.ofMillis(400)))
                .build();
    }

    @Test
    void silenceIsNoReasonToEndTheWait() throws Exception {
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = holding(ProxyFixture.over(quick(), engine.spec("a")));
                var client = proxy.client()) {
            client.post(CHAT, BODY);
            var ticket = admission.held();
            // more than the idle time
            proxy.awaitSweeps(30);
            admission.letGo(ticket);
            assertThat(client.answer().status()).isEqualTo(200);
            assertNothingLeft(proxy);
        }
    }

    @Test
    void aRefusalSaysWhenToTryAgain() throws Exception {
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = proxy(engine.spec("a"));
                var client = proxy.client()) {
            client.post(CHAT, BODY);
            admission.refuse(admission.held());
            var later = client.answer();
            admission.mode(Mode.REFUSE);
            var atOnce = client.post(CHAT, BODY).answer();
            for (var answer : List.of(later, atOnce)) {
                assertThat(answer.status()).isEqualTo(429);
                assertThat(answer.headers()).containsEntry("retry-after", "7").containsKey(Refusal.REASON_HEADER);
            }
            assertNothingLeft(proxy);
            assertThat(engine.requests()).isZero();
        }
    }

    @Test
    void whoeverWaitsForListsOfModelsMayLeaveToo() throws Exception {
        var readers = new Readers();
        admission.mode(Mode.ADMIT);
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = proxy(serving(engine, "other"));
                var stays = proxy.client()) {
            proxy.router.lists(readers);
            try (var leaves = proxy.client()) {
                leaves.post(CHAT, BODY);
                readers.next();
            }
            Await.until("the client is gone", () -> proxy.counts().aborted(AbortReason.CLIENT_GONE) == 1);
            assertNothingLeft(proxy);

            stays.post(CHAT, BODY);
            var read = readers.next();
            proxy.pool.apply(List.of(serving(engine, "m")));
            read.run();
            assertThat(stays.answer().status()).isEqualTo(200);
            assertThat(engine.next().text()).isEqualTo(BODY);
            assertNothingLeft(proxy);
        }
    }

    @Test
    void whoeverWaitsForTheHolderOfAnAnswerMayLeaveToo() throws Exception {
        admission.mode(Mode.ADMIT);
        RawUpstream.Script silent = peer -> {
            peer.read();
            peer.awaitGone();
        };
        try (var first = new RawUpstream(silent);
                var second = new RawUpstream(silent);
                var proxy = proxy(first.spec("a"), second.spec("b"))) {
            try (var client = proxy.client()) {
                client.get("/v1/responses/resp_1");
                assertThat(first.next().head()).startsWith("GET /v1/responses/resp_1 ");
                assertThat(second.next().head()).startsWith("GET /v1/responses/resp_1 ");
            }
            Await.until("the client is gone", () -> proxy.counts().aborted(AbortReason.CLIENT_GONE) == 1);
            assertNothingLeft(proxy);
            assertThat(first.requests() + second.requests()).isZero();
        }
    }

    private static EndpointSpec serving(RawUpstream engine, String model) {
        return EndpointSpec.builder("a", "127.0.0.1", engine.port())
                .model(model)
                .build();
    }

    /** Reads lists when the test says so. */
    private static final class Readers implements ModelLists {
        private final BlockingQueue<Runnable> reading = new LinkedBlockingQueue<>();

        @Override
        public boolean refresh(Runnable done) {
            reading.add(done);
            return true;
        }

        @Override
        public void reread(Endpoint endpoint) {}

        Runnable next() throws InterruptedException {
            var done = reading.poll(30, TimeUnit.SECONDS);
            if (done == null) {
                throw new AssertionError("no lists are read");
            }
            return done;
        }
    }
}
