package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.kvasir.sim.http.Fault;
import io.kvasir.sim.http.Faults;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Clients that want to hurt others, and requests that hurt engines, against the built program in a small heap, while a
 * client that behaves well goes on. It must always be answered, and within {@link #MOST_WAITING}; memory stays
 * bounded. What is held after each of them stands in {@link WatchedProgram}.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class HostileClientsIT extends WatchedProgram {
    @Test
    void aFloodOfRequestsBehindAStream() throws Exception {
        try (var flooding = streaming()) {
            flooding.sayOften("GET /v1/models HTTP/1.1\r\nhost: x\r\n\r\n", 60_000);
            bystander.answers(100);
        }
    }

    @Test
    void aFloodOfRequestsWhoseAnswersNobodyReads() throws Exception {
        try (var flooding = connection()) {
            flooding.sayOften("GET /v1/models HTTP/1.1\r\nhost: x\r\n\r\n", 60_000);
            bystander.answers(100);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"1\r\nx\r\n", "1;a=b;c=\"d\"\r\nx\r\n"})
    void millionsOfChunksOfOneByte(String chunk) throws Exception {
        int chunks = 3_000_000;
        var body = chat(STEADY, "", "");
        int at = body.indexOf("\"}]");
        try (var sending = connection()) {
            sending.say("POST " + CHAT + " HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
                    + Integer.toHexString(at) + "\r\n" + body.substring(0, at) + "\r\n");
            var sent = sending.sayOften(chunk, chunks);
            bystander.answers(50);
            assertThat(buffered()).isLessThan(MOST_BUFFERED);
            sent.join();
            sending.tellIfHeard("5\r\n\"}]} \r\n0\r\n\r\n");
            // three million bytes are more tokens than engines take, and extensions may be refused at once
            assertThat(sending.hearUntil("}}")).matches("(?s)(HTTP/1.1 400.*)?(\\(reset\\))?");
        }
    }

    @ParameterizedTest
    @CsvSource({"40, 10000", "500, 600"})
    void bodiesThatNeverEnd(int connections, int kilobytes) throws Exception {
        var open = new ArrayList<RawConnection>();
        for (int i = 0; i < connections; i++) {
            var connection = connection();
            open.add(connection);
            connection.say("POST " + CHAT + " HTTP/1.1\r\nhost: x\r\ncontent-length: 60000000\r\n\r\n"
                    + "{\"messages\":[{\"role\":\"user\",\"content\":\"");
            connection.sayOften("x".repeat(1000), kilobytes);
        }
        bystander.answers(50);
        assertThat(buffered()).isLessThanOrEqualTo(MOST_BUFFERED);
        for (var connection : open) {
            connection.reset();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {102, 103})
    void answersBeforeTheAnswer(int interim) throws Exception {
        all(fragile, Faults.NONE.with(Fault.INTERIM, interim));
        for (int i = 0; i < 40; i++) {
            var id = "mine-" + interim + "-" + i;
            var answer = post(CHAT, chat(FRAGILE, "hi " + i, ",\"max_tokens\":1"), "x-request-id", id);
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(json(answer.body()).path("id").asText()).isEqualTo("chatcmpl-" + id);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aRequestThatKillsItsEngine(boolean stream) throws Exception {
        // both have a kept connection
        for (int i = 0; i < 20; i++) {
            assertThat(post(CHAT, chat(FRAGILE, "warm " + i, ",\"max_tokens\":1"))
                            .statusCode())
                    .isEqualTo(200);
        }
        long before = sum(fragile, "marked");
        all(fragile, Faults.NONE.with(Fault.DIE_ON, "killer").with(Fault.DEATH_DELAY, 300));
        var killed = post(CHAT, chat(FRAGILE, "killer", ",\"max_tokens\":1,\"stream\":" + stream));
        assertThat(killed.statusCode()).isEqualTo(502);
        assertThat(sum(fragile, "marked")).isEqualTo(before + 1);
        await().atMost(Duration.ofSeconds(20)).until(() -> refusing(fragile) == 1);
        // the other one serves on
        var other = post(CHAT, chat(FRAGILE, "hi", ",\"max_tokens\":1"));
        assertThat(other.statusCode()).as(other.body()).isEqualTo(200);
        assertThat(post(CHAT, chat(FRAGILE, "killer again", ",\"max_tokens\":1"))
                        .statusCode())
                .isBetween(502, 503);
        assertThat(sum(fragile, "marked")).isEqualTo(before + 2);

        all(fragile, Faults.NONE);
        await().atMost(Duration.ofSeconds(30))
                .until(() -> !program.get("/api/endpoints").contains("\"down\""));
    }

    @Test
    void enginesThatAllLookDeadAndAreNot() throws Exception {
        all(fragile, Faults.refusing());
        for (int i = 0; i < 5; i++) {
            assertThat(post(CHAT, chat(FRAGILE, "hi", ",\"max_tokens\":1")).statusCode())
                    .isEqualTo(503);
        }
        all(fragile, Faults.NONE);
        var answer = post(CHAT, chat(FRAGILE, "hi", ",\"max_tokens\":1"));
        assertThat(answer.statusCode())
                .as(() -> answer.body() + program.printed())
                .isEqualTo(200);
    }

    @Test
    void keptConnectionsThatAreDeadWhenTheyAreUsed() throws Exception {
        for (var faults : List.of(Faults.NONE.with(Fault.CLOSE_REUSED), Faults.NONE.with(Fault.CLOSE_IDLE, 1))) {
            all(fragile, faults);
            for (int i = 0; i < 20; i++) {
                assertThat(post(CHAT, chat(FRAGILE, "hi " + i, ",\"max_tokens\":1"))
                                .statusCode())
                        .isEqualTo(200);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {429, 500, 501, 503})
    void requestsThatMakeEnginesFail(int status) throws Exception {
        all(steady, Faults.NONE.with(Fault.ERROR_STATUS, status).with(Fault.ERROR_ON, "poison"));
        for (int i = 0; i < 15; i++) {
            assertThat(post(CHAT, chat(STEADY, "poison " + i, ",\"max_tokens\":1"))
                            .statusCode())
                    .isGreaterThanOrEqualTo(429);
        }
        bystander.answers(50);
    }

    @Test
    void redirectsThatNameAnEngine() throws Exception {
        all(fragile, Faults.NONE.with(Fault.REDIRECT, 307));
        var answers = List.of(
                post(CHAT, chat(FRAGILE, "hi", ",\"max_tokens\":1")),
                post(CHAT + "/", chat(FRAGILE, "hi", ",\"max_tokens\":1")),
                post("/v1/embeddings/", "{\"model\":\"fragile\",\"input\":\"x\"}"));
        for (var answer : answers) {
            var told = answer.headers().map() + answer.body();
            for (var engine : fragile.endpoints()) {
                assertThat(told).doesNotContain(":" + engine.port());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/%6coad_lora_adapter",
                "/v1/load%5flora_adapter",
                "/v1/%6Coad_lor%61_adapter",
                "/v1/load_lora_adapter/",
                "/v1//load_lora_adapter",
                "/v1/x/../load_lora_adapter",
                "/v1/./load_lora_adapter",
                "/v1/%2e/load_lora_adapter",
                "/v1/load_lora_adapter?x=y",
                "/v1/load_lora_adapter;x=y",
                "/llm/steady/v1/%6coad_lora_adapter",
                "/admin/faults",
                "/%61dmin/faults",
                "/sleep",
                "/v1/../sleep",
                "/v1/..%2fsleep",
                "/reset_prefix_cache"
            })
    void pathsOfWhoeverRunsTheEngines(String path) throws Exception {
        var body = path.contains("faults")
                ? "{\"stuck\":true}"
                : "{\"model\":\"steady\",\"lora_name\":\"evil\",\"lora_path\":\"/evil\"}";
        try (var connection = connection()) {
            connection.say(RawConnection.post(path, body, "connection: close"));
            assertThat(connection.hear()).matches("(?s)HTTP/1.1 4.*");
        }
        for (var engine : steady.endpoints()) {
            assertThat(direct(engine, "/v1/models")).doesNotContain("evil");
            assertThat(direct(engine, "/is_sleeping")).contains("false");
            assertThat(direct(engine, "/admin/faults")).contains("\"stuck\":false");
        }
    }

    @Test
    void headersThatChooseAnEngineOrARank() throws Exception {
        var port = Integer.toString(fragile.endpoints().getFirst().port());
        // an engine refuses a rank that it does not have
        var answer = post(
                CHAT,
                chat(STEADY, "hi", ",\"max_tokens\":1"),
                "x-data-parallel-rank",
                "7",
                "X-Data-Parallel-Foo",
                "1",
                "x-inference-port",
                port,
                "x-gateway-destination-endpoint",
                "127.0.0.1:" + port);
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(json(answer.body()).path("model").asText()).isEqualTo(STEADY);
    }

    @Test
    void aModelInThePathAndAnotherInTheBody() throws Exception {
        assertThat(post("/llm/" + STEADY + CHAT, chat(FRAGILE, "hi", ",\"max_tokens\":1"))
                        .statusCode())
                .isEqualTo(400);
    }

    @Test
    void numbersThatNoEngineTakes() throws Exception {
        var long64 = chat(STEADY, "k".repeat(4000), ",\"max_tokens\":1");
        assertThat(post(CHAT, long64).statusCode()).isEqualTo(200);
        await().atMost(Duration.ofSeconds(20)).until(() -> mostCached(long64) > 500);
        for (var number : new String[] {"2147483647", "9223372036854775807", "1e300", "-1"}) {
            for (var name : new String[] {"max_tokens", "max_completion_tokens", "min_tokens", "n"}) {
                assertThat(post(CHAT, chat(STEADY, "k", ",\"ignore_eos\":true,\"" + name + "\":" + number))
                                .statusCode())
                        .isBetween(400, 499);
            }
        }
        assertThat(mostCached(long64)).isGreaterThan(500);
        finiteCosts(long64);
    }

    @ParameterizedTest
    @ValueSource(strings = {"7", "9b-", "1.5e9b", "x"})
    void modelNamesOfHundredsOfCharacters(String some) throws Exception {
        for (int length : new int[] {400, 4000, 60_000}) {
            assertThat(post(CHAT, chat(some.repeat(length / some.length()), "hi", ""))
                            .statusCode())
                    .isBetween(400, 499);
        }
        finiteCosts(chat(STEADY, "hi", ""));
    }

    @Test
    void clientsThatNeverFinishTheirHeadOrBody() throws Exception {
        var open = new ArrayList<RawConnection>();
        for (int i = 0; i < 200; i++) {
            open.add(connection().say("POST " + CHAT + " HTTP/1.1\r\nhost: x\r\nx-slow: "));
            open.add(connection().say("POST " + CHAT + " HTTP/1.1\r\nhost: x\r\ncontent-length: 9999\r\n\r\n{\"mess"));
            open.add(connection()
                    .say("POST " + CHAT + " HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nfff\r\n{\"m"));
        }
        for (int i = 0; i < 20; i++) {
            for (var connection : open) {
                connection.tellIfHeard("a");
            }
            bystander.answers(2);
        }
        for (var connection : open) {
            connection.close();
        }
    }

    @Test
    void headsWithoutEnd() throws Exception {
        var heads = List.of(
                "GET /v1/models HTTP/1.1\r\nhost: x\r\nx-long: " + "a".repeat(2 << 20),
                "GET /v1/models HTTP/1.1\r\n" + "x-many: 1\r\n".repeat(200_000),
                "GET /" + "a".repeat(2 << 20),
                "a".repeat(2 << 20),
                "GET /v1/models HTTP/1.1\r\n" + "x-bare\r\n".repeat(100_000));
        for (var head : heads) {
            for (int i = 0; i < 5; i++) {
                try (var connection = connection()) {
                    connection.tellIfHeard(head);
                    assertThat(connection.hear()).matches("(?s)(HTTP/1.[01] 4.*)?(\\(reset\\))?");
                }
            }
        }
    }

    @Test
    void clientsThatCloseTheirHalf() throws Exception {
        try (var asking = connection()) {
            asking.say(RawConnection.post(CHAT, chat(STEADY, "hi", ",\"max_tokens\":3")))
                    .halfClose();
            // whether it is answered or taken for gone, it ends
            assertThat(asking.hear()).matches("(?s)(HTTP/1.1 200.*)?(\\(reset\\))?");
        }
        for (int i = 0; i < 100; i++) {
            try (var cut = connection()) {
                cut.say("POST " + CHAT + " HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{\"mess")
                        .halfClose();
                cut.hear();
            }
            streaming().reset();
        }
        await().atMost(Duration.ofSeconds(20)).until(() -> sum(steady, "answers") <= 1);
    }

    @Test
    void streamsThatNobodyReads() throws Exception {
        var open = new ArrayList<RawConnection>();
        for (int i = 0; i < 30; i++) {
            open.add(streaming());
        }
        bystander.answers(50);
        for (var connection : open) {
            connection.reset();
        }
        await().atMost(Duration.ofSeconds(20)).until(() -> sum(steady, "answers") <= 1);
    }

    @Test
    void thousandsOfConnectionsWithoutARequest() throws Exception {
        var open = new ArrayList<RawConnection>();
        for (int i = 0; i < 3000; i++) {
            open.add(connection());
        }
        bystander.answers(50);
        for (var connection : open) {
            connection.close();
        }
    }

    @Test
    void bytesThatAreNoHttp() throws Exception {
        for (var bytes : List.of(
                "\u0016\u0003\u0001\u0002\u0000",
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                "\0\0\0\0",
                "\r\n".repeat(5000))) {
            try (var connection = connection()) {
                connection.tellIfHeard(bytes.repeat(50));
                bystander.answers(5);
            }
        }
    }

    @Test
    @Order(Integer.MAX_VALUE)
    void aStopEndsWhateverIsStillOpen() throws Exception {
        var open = new ArrayList<RawConnection>();
        var flooding = streaming();
        flooding.sayOften("GET /v1/models HTTP/1.1\r\nhost: x\r\n\r\n", 60_000);
        open.add(flooding);
        for (int i = 0; i < 20; i++) {
            open.add(streaming());
            open.add(connection().say("POST " + CHAT + " HTTP/1.1\r\nhost: x\r\nx-slow: "));
            open.add(connection().say("POST " + CHAT + " HTTP/1.1\r\nhost: x\r\ncontent-length: 999\r\n\r\n{\"mess"));
            open.add(connection());
        }
        bystander.answers(20);
        bystander.wasServedWithin(MOST_WAITING);
        bystander.close();
        stopped = true;

        assertThat(program.endsWithin(DRAIN.plusSeconds(15))).isTrue();
        for (var connection : open) {
            connection.close();
        }
    }
}
