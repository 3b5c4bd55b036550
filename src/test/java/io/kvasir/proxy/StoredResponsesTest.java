package io.kvasir.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.pool.EndpointSpec;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Responses that one of several engines keeps. */
class StoredResponsesTest {
    private static final String RESPONSES = "/v1/responses";

    /** An engine that keeps what it makes and answers 404 for everything else. */
    private static final class Keeping implements AutoCloseable {
        final RawUpstream upstream;
        final Set<String> kept = ConcurrentHashMap.newKeySet();
        final AtomicInteger made = new AtomicInteger();
        private final String name;

        Keeping(String name) throws IOException {
            this.name = name;
            upstream = new RawUpstream(this::serve);
        }

        private void serve(RawUpstream.Peer peer) throws Exception {
            while (true) {
                var request = peer.read();
                String path = request.head().split(" ", 3)[1];
                if (path.equals(RESPONSES)) {
                    make(peer, request.text());
                } else {
                    String id = path.substring(RESPONSES.length() + 1).split("/", 2)[0];
                    if (!request.has("authorization: Bearer mine")) {
                        peer.answer(401, "{}");
                    } else if (kept.contains(id)) {
                        peer.answer(200, "{\"id\":\"" + id + "\",\"from\":\"" + name + "\"}");
                    } else {
                        peer.answer(404, "{\"error\":{\"message\":\"Response with id '" + id + "' not found.\"}}");
                    }
                }
            }
        }

        private void make(RawUpstream.Peer peer, String body) throws IOException {
            int previous = body.indexOf("resp_");
            if (previous >= 0 && !kept.contains(body.substring(previous, body.indexOf('"', previous)))) {
                peer.answer(404, "{\"error\":{\"message\":\"no such response\"}}");
                return;
            }
            String id = "resp_" + name + made.incrementAndGet();
            kept.add(id);
            if (body.contains("\"stream\":true")) {
                peer.beginStream();
                peer.chunk("event: response.created\ndata: {\"response\":{\"id\":");
                peer.chunk("\"" + id + "\"},\"type\":\"response.created\"}\n\n");
                peer.chunk("event: response.completed\ndata: {\"type\":\"response.completed\"}\n\n");
                peer.write("0\r\n\r\n");
            } else {
                peer.answer(200, "{\"id\":\"" + id + "\",\"object\":\"response\"}");
            }
        }

        @Override
        public void close() throws IOException {
            upstream.close();
        }
    }

    private static String id(String body) {
        int at = body.indexOf("resp_");
        return body.substring(at, body.indexOf('"', at));
    }

    private static List<Keeping> engines() throws IOException {
        var engines = new ArrayList<Keeping>();
        for (String name : List.of("a", "b", "c", "d")) {
            engines.add(new Keeping(name));
        }
        return engines;
    }

    private static EndpointSpec[] specs(List<Keeping> engines) {
        return engines.stream().map(engine -> engine.upstream.spec(engine.name)).toArray(EndpointSpec[]::new);
    }

    @Test
    void everyResponseIsFoundAndEveryFollowUpFindsItsOwn() throws Exception {
        var engines = engines();
        try (var proxy = ProxyFixture.over(specs(engines));
                var client = proxy.client()) {
            for (int i = 0; i < 12; i++) {
                String id = id(client.post(
                                RESPONSES, "{\"model\":\"m\",\"input\":\"x" + i + "\",\"stream\":" + (i % 2 == 0) + "}")
                        .answer()
                        .body());
                assertThat(client.get(RESPONSES + "/" + id, "authorization: Bearer mine")
                                .answer()
                                .status())
                        .isEqualTo(200);
                assertThat(client.post(
                                        RESPONSES,
                                        "{\"model\":\"m\",\"input\":\"y\",\"previous_response_id\":\"" + id + "\"}")
                                .answer()
                                .status())
                        .isEqualTo(200);
                assertThat(client.post(RESPONSES + "/" + id + "/cancel", "", "authorization: Bearer mine")
                                .answer()
                                .status())
                        .isEqualTo(200);
            }
            assertThat(proxy.counts().holderSearches()).isZero();
            proxy.assertNothingHeld();
        } finally {
            for (var engine : engines) {
                engine.close();
            }
        }
    }

    @Test
    void aRouterThatSawNothingOfThemFindsThemByAsking() throws Exception {
        var engines = engines();
        try (var proxy = ProxyFixture.over(specs(engines));
                var client = proxy.client()) {
            engines.forEach(engine -> engine.kept.add("resp_old_" + engine.name));

            for (var engine : engines) {
                String id = "resp_old_" + engine.name;
                assertThat(client.post(
                                        RESPONSES,
                                        "{\"model\":\"m\",\"input\":\"y\",\"previous_response_id\":\"" + id + "\"}",
                                        "authorization: Bearer mine")
                                .answer()
                                .status())
                        .isEqualTo(200);
                var answer = client.get(RESPONSES + "/" + id, "authorization: Bearer mine")
                        .answer();
                assertThat(answer.body()).contains("\"from\":\"" + engine.name + "\"");
            }
            assertThat(proxy.counts().holderSearches()).isEqualTo(4);
            proxy.assertNothingHeld();
        } finally {
            for (var engine : engines) {
                engine.close();
            }
        }
    }

    @Test
    void anAddressThatChangedHandsIsNotTakenForTheHolder() throws Exception {
        var engines = engines();
        try (var proxy = ProxyFixture.over(specs(engines));
                var client = proxy.client()) {
            String id = id(client.post(RESPONSES, "{\"model\":\"m\",\"input\":\"x\"}")
                    .answer()
                    .body());
            var holder = engines.stream()
                    .filter(engine -> engine.kept.contains(id))
                    .findFirst()
                    .orElseThrow();
            var other = engines.get(engines.indexOf(holder) == 0 ? 1 : 0);
            proxy.pool.apply(List.of(other.upstream.spec(other.name)));
            holder.kept.remove(id);
            other.kept.add(id);
            proxy.pool.apply(List.of(specs(engines)));

            var answer = client.get(RESPONSES + "/" + id, "authorization: Bearer mine")
                    .answer();
            assertThat(answer.body()).contains("\"from\":\"" + other.name + "\"");
            assertThat(proxy.counts().holderSearches()).isEqualTo(1);
            proxy.assertNothingHeld();
        } finally {
            for (var engine : engines) {
                engine.close();
            }
        }
    }

    @Test
    void whatNobodyKeepsIsAnsweredByAnEngine() throws Exception {
        var engines = engines();
        try (var proxy = ProxyFixture.over(specs(engines));
                var client = proxy.client()) {
            assertThat(client.get(RESPONSES + "/resp_none", "authorization: Bearer mine")
                            .answer()
                            .status())
                    .isEqualTo(404);
            assertThat(client.get(RESPONSES + "/resp_none").answer().status())
                    .as("the engines judge the client's key")
                    .isEqualTo(401);
            for (int i = 0; i < 60; i++) {
                client.get(RESPONSES + "/resp_none" + i, "authorization: Bearer mine")
                        .answer();
            }
            assertThat(proxy.counts().holderSearchesRefused() + proxy.counts().holderSearches())
                    .isEqualTo(62);
            proxy.assertNothingHeld();
        } finally {
            for (var engine : engines) {
                engine.close();
            }
        }
    }
}
