package io.kvasir.proxy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.route.BodyBudget;
import io.kvasir.route.HeldBytes;
import io.kvasir.testing.Await;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Bodies that cost more than they say. */
class SmallPiecesTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String CHUNKED = "POST " + CHAT
            + " HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";

    private static String oneByOne(String text) {
        var chunks = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            chunks.append("1\r\n").append(text.charAt(i)).append("\r\n");
        }
        return chunks.toString();
    }

    @Test
    void chunksOfOneByteCostLittleMoreThanTheySayAndArriveWhole() throws Exception {
        var body = "{\"model\":\"m\",\"x\":\"" + "y".repeat(300_000) + "\"}";
        var budget = new BodyBudget(HeldBytes.REQUEST + body.length() * 5 / 4);
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = new ProxyFixture(ProxyFixture.SETTINGS, budget, List.of(engine.spec("a")));
                var client = proxy.client()) {
            client.send(CHUNKED + oneByOne(body) + "0\r\n\r\n");
            assertThat(client.answer().status()).isEqualTo(200);
            assertThat(engine.next().text()).isEqualTo(body);
            proxy.assertNothingHeld();
        }
    }

    @Test
    void aModelIsPutIntoABodyOfOneByteChunks() throws Exception {
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client()) {
            client.send(CHUNKED.replace(CHAT, "/llm/other" + CHAT) + oneByOne("{\"x\":\"" + "y".repeat(5_000) + "\"}")
                    + "0\r\n\r\n");
            assertThat(client.answer().status()).isEqualTo(200);
            assertThat(engine.next().text()).contains("\"model\":\"other\"").hasSize(5_000 + 8 + 16);
            proxy.assertNothingHeld();
        }
    }

    @Test
    void manyRequestsThatSayNearlyNothingMeetTheBudgetToo() throws Exception {
        var budget = new BodyBudget(10L * HeldBytes.REQUEST);
        var clients = new ArrayList<RawClient>();
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = new ProxyFixture(ProxyFixture.SETTINGS, budget, List.of(engine.spec("a")))) {
            for (int i = 0; i < 9; i++) {
                var client = proxy.client();
                clients.add(client);
                client.send("POST " + CHAT + " HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{");
            }
            Await.until("all are held", () -> budget.used() > 9 * HeldBytes.REQUEST);
            try (var client = proxy.client()) {
                var refused = client.post(CHAT, "{\"model\":\"m\"}").answer();
                assertThat(refused.status()).isEqualTo(503);
                assertThat(refused.headers()).containsEntry("retry-after", "1");
            }
            for (var client : clients) {
                client.close();
            }
            proxy.assertNothingHeld();
            try (var client = proxy.client()) {
                assertThat(client.post(CHAT, "{\"model\":\"m\"}").answer().status())
                        .isEqualTo(200);
            }
        }
    }

    @Test
    void longHeadsThatDoNotEndMeetTheBudgetAndAreGivenBack() throws Exception {
        var budget = new BodyBudget(5 * 40_000 + HeldBytes.REQUEST * 2);
        var clients = new ArrayList<RawClient>();
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = new ProxyFixture(ProxyFixture.SETTINGS, budget, List.of(engine.spec("a")))) {
            var head = "POST " + CHAT + " HTTP/1.1\r\nhost: x\r\nx-long: " + "y".repeat(40_000);
            for (int i = 0; i < 10; i++) {
                var client = proxy.client();
                clients.add(client);
                client.send(head);
            }
            Await.until("some are reset", () -> proxy.counts().crowdedHeads() >= 4);
            assertThat(proxy.counts().crowdedHeads()).isLessThan(10);
            try (var client = proxy.client()) {
                assertThat(client.get("/nothing").answer().status()).isEqualTo(404);
            }
            for (var client : clients) {
                client.close();
            }
            proxy.assertNothingHeld();
        }
    }

    @Test
    void aLongHeadCountsUntilItsRequestIsOver() throws Exception {
        var budget = new BodyBudget(1 << 20);
        try (var engine = new RawUpstream(peer -> {
                    peer.read();
                    peer.beginStream();
                    peer.awaitIdle();
                    peer.chunk("data: [DONE]\n\n");
                    peer.write("0\r\n\r\n");
                });
                var proxy = new ProxyFixture(ProxyFixture.SETTINGS, budget, List.of(engine.spec("a")));
                var client = proxy.client()) {
            client.post(CHAT, "{\"model\":\"m\"}", "x-long: " + "y".repeat(40_000));
            var head = client.head();
            assertThat(budget.used()).isBetween(40_000L, 42_000L);
            client.get("/nothing", "x-other: " + "z".repeat(10_000));
            Await.until("what waits is charged", () -> budget.used() > 50_000);
            engine.peers().getFirst().idle.release();
            assertThat(client.rest(head).complete()).isTrue();
            assertThat(client.answer().status()).isEqualTo(404);
            Await.until("nothing is charged", () -> budget.used() == 0);
        }
    }

    @Test
    void aRefusedBodyGivesBackWhatItTook() throws Exception {
        var budget = new BodyBudget(HeldBytes.REQUEST + 100_000);
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = new ProxyFixture(ProxyFixture.SETTINGS, budget, List.of(engine.spec("a")));
                var client = proxy.client()) {
            var body = "{\"model\":\"m\",\"x\":\"" + "y".repeat(200_000) + "\"}";
            client.send("POST " + CHAT + " HTTP/1.1\r\nhost: x\r\ncontent-length: " + body.getBytes(ISO_8859_1).length
                    + "\r\n\r\n" + body);
            assertThat(client.answer().status()).isEqualTo(503);
            proxy.assertNothingHeld();
            assertThat(engine.requests()).isZero();
        }
    }
}
