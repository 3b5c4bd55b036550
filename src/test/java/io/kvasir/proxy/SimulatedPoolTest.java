package io.kvasir.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.route.Outcome;
import io.kvasir.sim.SimulatedEndpoint;
import io.kvasir.sim.SimulatedPool;
import io.kvasir.sim.http.Fault;
import io.kvasir.sim.http.Faults;
import io.kvasir.testing.Await;
import io.vertx.core.json.JsonObject;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The proxy over simulated engines: what is wrong with an engine, and who notices. */
class SimulatedPoolTest {
    private static final String CHAT = "/v1/chat/completions";
    private static SimulatedPool engines;
    private static ProxyFixture proxy;

    @BeforeAll
    static void start() throws Exception {
        engines = SimulatedPool.builder()
                .pool("h200=1,mi350x=1")
                .timeScale(10)
                .eventLoops(1)
                .start();
        proxy = new ProxyFixture(ProxyFixture.SETTINGS, ProxyFixture.specs(engines));
    }

    @AfterAll
    static void stop() {
        proxy.close();
        engines.close();
    }

    @AfterEach
    void mend() {
        for (var engine : engines.endpoints()) {
            engines.faults(engine.name(), Faults.NONE);
            Await.until("the engine is idle", () -> state(engine, "running") + state(engine, "waiting") == 0);
        }
        proxy.pool.snapshot().endpoints().forEach(endpoint -> endpoint.health().probePassed());
        proxy.assertNothingHeld();
    }

    private static String chat(int tokens, boolean stream) {
        return "{\"messages\":[{\"role\":\"user\",\"content\":\"fault\"}],\"ignore_eos\":true,\"max_tokens\":" + tokens
                + ",\"stream\":" + stream + "}";
    }

    private static long state(SimulatedEndpoint engine, String key) {
        try (var client = new RawClient(engine.port())) {
            return new JsonObject(client.get("/admin/state").answer().body()).getLong(key);
        } catch (java.io.IOException e) {
            throw new AssertionError(e);
        }
    }

    private static long running() {
        return engines.endpoints().stream().mapToLong(e -> state(e, "running")).sum();
    }

    private static void all(Faults faults) {
        engines.endpoints().forEach(engine -> engines.faults(engine.name(), faults));
    }

    @Test
    void aClientThatLeavesFreesTheEngine() throws Exception {
        for (boolean stream : new boolean[] {true, false}) {
            try (var client = proxy.client()) {
                client.post(CHAT, chat(100_000, stream));
                Await.until("the engine computes", () -> running() == 1);
            }
            Await.until("the engine is free", () -> running() == 0);
            proxy.assertNothingHeld();
        }
    }

    @Test
    void anEngineThatDiesInAnAnswerOrLiesAboutItsLengthIsNeverTakenForComplete() throws Exception {
        all(Faults.NONE.with(Fault.DIE_AFTER_TOKENS, 7));
        try (var client = proxy.client()) {
            var answer = client.post(CHAT, chat(50, true)).answer();
            // a reset may overtake the tokens before it: then nothing was begun, and the answer is a whole one that
            // says so
            assertThat(answer.complete() && answer.status() == 200)
                    .as("%d %s", answer.status(), answer.body())
                    .isFalse();
            assertThat(answer.body()).doesNotContain("[DONE]");
        }
        all(Faults.NONE.with(Fault.WRONG_CONTENT_LENGTH));
        try (var client = proxy.client()) {
            var answer = client.post(CHAT, chat(5, false)).answer();
            assertThat(answer.complete() && answer.status() == 200).isFalse();
        }
        proxy.assertNothingHeld();
        Await.await(() -> proxy.router.counts().ended(Outcome.UPSTREAM_RESET) > 0);
    }

    @Test
    void oneEngineThatRefusesCostsNoRequest() throws Exception {
        engines.faults(engines.endpoints().getFirst().name(), Faults.refusing());
        try (var client = proxy.client()) {
            for (int i = 0; i < 30; i++) {
                assertThat(client.post(CHAT, chat(1, false)).answer().status()).isEqualTo(200);
            }
        }
    }

    @Test
    void allEnginesDownIsUnavailableAndAProbeBringsThemBack() throws Exception {
        all(Faults.refusing());
        try (var client = proxy.client()) {
            for (int i = 0; i < 3; i++) {
                assertThat(client.post(CHAT, chat(1, false)).answer().status()).isEqualTo(503);
            }
            all(Faults.NONE);
            proxy.pool
                    .snapshot()
                    .endpoints()
                    .forEach(endpoint -> endpoint.health().probePassed());
            assertThat(client.post(CHAT, chat(1, false)).answer().status()).isEqualTo(200);
        }
    }

    @Test
    void manyStreamsAtOnceAreAllComplete() {
        var complete = IntStream.range(0, 64)
                .mapToObj(i -> java.util.concurrent.CompletableFuture.supplyAsync(
                        () -> {
                            try (var client = proxy.client()) {
                                var answer = client.post(CHAT, chat(40, true)).answer();
                                return answer.complete() && answer.body().endsWith("data: [DONE]\n\n");
                            } catch (java.io.IOException e) {
                                return false;
                            }
                        },
                        task -> Thread.ofVirtual().start(task)))
                .toList();
        assertThat(complete).allMatch(java.util.concurrent.CompletableFuture::join);
    }
}
