package io.kvasir.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.cost.ModelCatalogue;
import io.kvasir.cost.TimeModel;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.prefix.ApproximateView;
import io.kvasir.route.BodyBudget;
import io.kvasir.route.Router;
import io.kvasir.route.RouterSettings;
import io.kvasir.schedule.Policy;
import io.kvasir.testing.Await;
import io.kvasir.testing.Loops;
import io.kvasir.testing.ReservedPorts;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Legs without an exchange, on one loop. The clock stands still. */
class UpstreamLegTest {
    private static final int PIECES = 256;

    private final AtomicLong clock = new AtomicLong(1);
    private final Vertx vertx = Vertx.vertx(Loops.vertx(1));
    private final Pool pool = new Pool(HardwareCatalogue.load());
    private final ProxyLoop loop = loop();

    private ProxyLoop loop() {
        var time = new TimeModel(ModelCatalogue.load());
        var router = new Router(
                pool,
                new ApproximateView(ApproximateView.Settings.DEFAULT, clock::get, 1),
                time,
                Policy.TIME.profile(time),
                RouterSettings.DEFAULT,
                clock::get,
                () -> RandomGeneratorFactory.of("L64X128MixRandom").create(1));
        var budget = new BodyBudget(1 << 20);
        var made = new ProxyLoop(
                ProxyFixture.SETTINGS,
                router,
                new ProxyCounts(budget),
                budget,
                -(1 + (System.identityHashCode(this) & 0xffffff)));
        vertx.deployVerticle(made).toCompletionStage().toCompletableFuture().join();
        return made;
    }

    @AfterEach
    void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    private sealed interface Told {}

    private record Answer(UpstreamLeg from, HttpClientResponse head) implements Told {}

    private record Failure(UpstreamLeg from, LegFailure why) implements Told {}

    /** Keeps what it is told; answers are held back until somebody reads them. */
    private static final class Heard implements UpstreamLeg.Listener {
        private final BlockingQueue<Told> told = new LinkedBlockingQueue<>();

        @Override
        public void moved() {}

        @Override
        public void answered(UpstreamLeg leg, HttpClientResponse head) {
            head.pause();
            told.add(new Answer(leg, head));
        }

        @Override
        public void failed(UpstreamLeg leg, LegFailure why) {
            told.add(new Failure(leg, why));
        }

        Told next() throws InterruptedException {
            var next = told.poll(30, TimeUnit.SECONDS);
            if (next == null) {
                throw new AssertionError("nothing was told");
            }
            return next;
        }
    }

    private Endpoint endpoint(String name) {
        return pool.snapshot().endpoints().stream()
                .filter(there -> there.spec().name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** More than what sockets hold. */
    private static UpstreamRequest longRequest() {
        return request(Collections.nCopies(PIECES, "x".repeat(64 << 10)).toArray(String[]::new));
    }

    private static UpstreamRequest request(String... pieces) {
        var body = Arrays.stream(pieces).map(Buffer::buffer).toList();
        return new UpstreamRequest(
                HttpMethod.POST,
                "/v1/completions",
                MultiMap.caseInsensitiveMultiMap()
                        .add("x-forwarded-for", "9.9.9.9")
                        .add("x-client", "c"),
                "id",
                "10.0.0.1",
                false,
                body,
                body.stream().mapToLong(Buffer::length).sum(),
                null);
    }

    private UpstreamLeg send(String endpoint, UpstreamRequest what, Heard heard, boolean fresh) {
        return onLoop(() -> {
            var leg = UpstreamLeg.to(loop, endpoint(endpoint), what, heard);
            leg.connect(fresh);
            return leg;
        });
    }

    private <T> T onLoop(Supplier<T> step) {
        var done = new CompletableFuture<T>();
        loop.run(() -> {
            try {
                done.complete(step.get());
            } catch (RuntimeException e) {
                done.completeExceptionally(e);
            }
        });
        return done.join();
    }

    private void run(Runnable step) {
        onLoop(() -> {
            step.run();
            return true;
        });
    }

    /** Reads an answer to its end. */
    private String body(Answer answer) {
        var whole = new CompletableFuture<String>();
        run(() -> {
            answer.head()
                    .body()
                    .onComplete(
                            got -> whole.complete(got.succeeded() ? got.result().toString() : "broken"));
            answer.head().resume();
        });
        return whole.join();
    }

    @Test
    void legsOfOneRequestRunBesideEachOtherAndEachTellsItsOwnEnd() throws Exception {
        var go = new CountDownLatch(1);
        try (var slow = new RawUpstream(peer -> {
                    peer.read();
                    go.await();
                    peer.answer(200, "{\"slow\":1}");
                });
                var quick = new RawUpstream(RawUpstream.answering(200, "{\"quick\":1}"))) {
            pool.apply(List.of(slow.spec("slow"), quick.spec("quick")));
            var heard = new Heard();
            var what = request("{", "}");
            var first = send("slow", what, heard, false);
            var second = send("quick", what, heard, false);

            var answer = (Answer) heard.next();
            assertThat(answer.from()).isSameAs(second);
            assertThat(body(answer)).isEqualTo("{\"quick\":1}");
            assertThat(onLoop(first::waits)).isTrue();
            run(second::release);

            go.countDown();
            var other = (Answer) heard.next();
            assertThat(other.from()).isSameAs(first);
            assertThat(other.head().statusCode()).isEqualTo(200);
            var received = quick.next();
            assertThat(received.text()).isEqualTo("{}").isEqualTo(slow.next().text());
            assertThat(received.has("x-client: c")).isTrue();
            assertThat(received.has("x-forwarded-for: 10.0.0.1")).isTrue();
            assertThat(received.has("host: " + endpoint("quick").hostPort())).isTrue();
        }
    }

    @Test
    void aCancelledLegTellsNothingAndItsEndpointSeesTheEnd() throws Exception {
        try (var engine = new RawUpstream(peer -> {
            peer.read();
            peer.awaitGone();
        })) {
            pool.apply(List.of(engine.spec("a")));
            var heard = new Heard();
            var leg = send("a", request("{}"), heard, false);
            engine.next();
            run(leg::cancel);
            Await.until("the engine is cancelled", () -> engine.peers().getFirst().gone);
            run(leg::cancel);
            run(leg::release);
            assertThat(onLoop(leg::waits)).isFalse();
            assertThat(heard.told).isEmpty();
        }
    }

    @Test
    void aLegThatIsCancelledBeforeItIsConnectedSendsNothing() throws Exception {
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"))) {
            pool.apply(List.of(engine.spec("a")));
            var heard = new Heard();
            onLoop(() -> {
                var leg = UpstreamLeg.to(loop, endpoint("a"), request("{\"never\":1}"), heard);
                leg.connect(false);
                leg.cancel();
                return leg;
            });
            send("a", request("{}"), heard, false);
            assertThat(body((Answer) heard.next())).isEqualTo("{}");
            assertThat(engine.next().text()).isEqualTo("{}");
            assertThat(engine.requests()).isZero();
            assertThat(heard.told).isEmpty();
        }
    }

    @Test
    void aRefusedConnectionIsToldAsSuch() throws Exception {
        pool.apply(List.of(EndpointSpec.of("a", "127.0.0.1", ReservedPorts.next())));
        var heard = new Heard();
        var leg = send("a", request("{}"), heard, false);
        assertThat(heard.next()).isEqualTo(new Failure(leg, LegFailure.NotConnected.REFUSED));
    }

    @Test
    void aRequestIsHandedOverNoFasterThanItIsTaken() throws Exception {
        var read = new CountDownLatch(1);
        try (var engine = new RawUpstream(peer -> {
            peer.readHead();
            read.await();
            peer.awaitGone();
        })) {
            pool.apply(List.of(engine.spec("a")));
            var heard = new Heard();
            var leg = send("a", longRequest(), heard, false);
            Await.until("the engine is connected", () -> !engine.peers().isEmpty());
            // more than what sockets hold is left, so this cannot become true before the engine reads
            assertThat(onLoop(leg::waits)).isFalse();
            read.countDown();
            Await.until("all is handed over", () -> onLoop(leg::waits));
            run(leg::cancel);
        }
    }

    @Test
    void anAnswerMayComeBeforeTheRequestIsTakenAndThenItsConnectionIsNotKept() throws Exception {
        try (var engine = new RawUpstream(peer -> {
            peer.readHead();
            peer.answer(413, "{}");
            peer.awaitGone();
        })) {
            pool.apply(List.of(engine.spec("a")));
            var heard = new Heard();
            var leg = send("a", longRequest(), heard, false);
            var answer = (Answer) heard.next();
            assertThat(answer.head().statusCode()).isEqualTo(413);
            run(leg::release);
            Await.until("the engine is cancelled", () -> engine.peers().getFirst().gone);
        }
    }

    @Test
    void anAnswerThatNobodyWantsLeavesItsConnectionToTheNextRequest() throws Exception {
        try (var engine = new RawUpstream(RawUpstream.answering(429, "{\"busy\":1}"))) {
            pool.apply(List.of(engine.spec("a")));
            var heard = new Heard();
            for (int i = 0; i < 3; i++) {
                var leg = send("a", request("{}"), heard, false);
                var answer = (Answer) heard.next();
                var ended = new CompletableFuture<Boolean>();
                run(() -> {
                    answer.head().end().onComplete(end -> ended.complete(end.succeeded()));
                    leg.discard(answer.head());
                    answer.head().resume();
                });
                assertThat(ended.join()).isTrue();
            }
            assertThat(engine.peers()).hasSize(1);
        }
    }

    @Test
    void anAnswerThatCameWholeIsCancelledWithoutTheNextRequestOnItsConnection() throws Exception {
        var go = new CountDownLatch(1);
        try (var engine = new RawUpstream(peer -> {
            peer.read();
            peer.answer(200, "{\"first\":1}");
            peer.read();
            go.await();
            peer.answer(200, "{\"next\":1}");
        })) {
            pool.apply(List.of(engine.spec("a")));
            var heard = new Heard();
            var first = send("a", request("{}"), heard, false);
            heard.next();
            engine.next();
            var next = send("a", request("{}"), heard, false);
            engine.next();
            assertThat(engine.peers()).hasSize(1);

            // its client, which had not read all of it, is gone
            run(first::cancel);
            go.countDown();
            var answer = (Answer) heard.next();
            assertThat(answer.from()).isSameAs(next);
            assertThat(body(answer)).isEqualTo("{\"next\":1}");
        }
    }

    @Test
    void onlyAKeptConnectionThatClosesAtOnceWasNotRead() throws Exception {
        var close = new CountDownLatch(1);
        try (var engine = new RawUpstream(peer -> {
            peer.read();
            peer.answer(200, "{}");
            peer.read();
            close.await();
        })) {
            pool.apply(List.of(engine.spec("a")));
            var heard = new Heard();
            var first = send("a", request("{}"), heard, false);
            assertThat(body((Answer) heard.next())).isEqualTo("{}");
            run(first::release);
            engine.next();

            var second = send("a", request("{}"), heard, false);
            engine.next();
            close.countDown();
            assertThat(heard.next()).isEqualTo(new Failure(second, new LegFailure.Closed(true)));
        }
        try (var engine = new RawUpstream(RawUpstream.Peer::read)) {
            pool.apply(List.of(engine.spec("b")));
            var heard = new Heard();
            var fresh = send("b", request("{}"), heard, true);
            assertThat(heard.next()).isEqualTo(new Failure(fresh, new LegFailure.Closed(false)));
        }
    }

    @Test
    void whatIsNoAnswerIsToldAsSuch() throws Exception {
        try (var engine = new RawUpstream(peer -> {
            peer.read();
            peer.write("HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n");
            peer.awaitGone();
        })) {
            pool.apply(List.of(engine.spec("a")));
            var heard = new Heard();
            var leg = send("a", request("{}"), heard, false);
            assertThat(heard.next()).isEqualTo(new Failure(leg, new LegFailure.Unreadable()));
        }
    }
}
