package io.kvasir.kvevents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.kvasir.kvevents.EventCounts.Batch;
import io.kvasir.kvevents.EventCounts.Incident;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EngineKind;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.PolledAddress;
import io.kvasir.pool.Pool;
import io.kvasir.prefix.CacheTier;
import io.kvasir.prefix.KeysOfTokens;
import io.kvasir.prefix.PreciseView;
import io.kvasir.prefix.PrefixMatches;
import io.kvasir.prefix.PrefixNamespace;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An engine whose events are kept until they are read: what is believed of it is right, or said to be uncertain. */
class PolledEventsTest {
    private static final int BLOCK = 32;
    private static final int[] FIRST = EngineScript.prompt(1, 161);
    private static final int[] SECOND = EngineScript.prompt(2, 161);

    private final Pool pool = new Pool(HardwareCatalogue.load());
    private final PreciseView view = new PreciseView(8, 1);
    private final KvEvents events = new KvEvents(view, KvEventSettings.DEFAULT, System::nanoTime);
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final CountDownLatch end = new CountDownLatch(1);
    /** What each reading answers, one after the other, and then nothing new. */
    private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();

    private final List<String> methods = new CopyOnWriteArrayList<>();
    private @Nullable HttpServer server;

    private record Answer(int status, String body, boolean never) {}

    /** What the first request of a process takes to load, on a machine that does much else, is longer than readings are waited for. */
    @BeforeAll
    static void aRequestWasMadeBefore() throws IOException, InterruptedException {
        var once = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        once.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        once.start();
        try (var client = HttpClient.newHttpClient()) {
            var page = URI.create("http://127.0.0.1:" + once.getAddress().getPort() + "/");
            var answer = client.send(HttpRequest.newBuilder(page).build(), HttpResponse.BodyHandlers.discarding());
            assertThat(answer.statusCode()).isEqualTo(200);
        } finally {
            once.stop(0);
        }
    }

    @BeforeEach
    void serve() throws IOException {
        var made = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        made.setExecutor(threads);
        made.createContext("/kv_cache_events", this::answer);
        made.start();
        server = made;
    }

    @AfterEach
    void stop() {
        end.countDown();
        events.close();
        Objects.requireNonNull(server).stop(0);
        threads.shutdownNow();
    }

    private void answer(HttpExchange exchange) throws IOException {
        methods.add(exchange.getRequestMethod());
        var next = Objects.requireNonNullElse(answers.poll(), new Answer(200, "[]", false));
        if (next.never) {
            try {
                end.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        byte[] body = next.body.getBytes(StandardCharsets.UTF_8);
        exchange.getRequestBody().readAllBytes();
        exchange.sendResponseHeaders(next.status, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private static ConditionFactory soon() {
        return await().pollInterval(Duration.ofMillis(5)).atMost(Duration.ofMinutes(1));
    }

    private void follow() {
        int port = Objects.requireNonNull(server).getAddress().getPort();
        pool.apply(List.of(EndpointSpec.builder("trt", "127.0.0.1", port)
                .model("m")
                .engine(EngineKind.TRTLLM)
                .kvEvents("http://*?interval=10")
                .build()));
        events.start(pool);
    }

    private void told(String... some) {
        answers.add(new Answer(200, "[" + String.join(",", some) + "]", false));
    }

    private void untilState(String state) {
        soon().until(() -> {
            var report = pool.snapshot().at(0).replica().kvEvents();
            return report.way().equals("polled") && report.state().equals(state);
        });
    }

    private PrefixMatches match(int... prompt) {
        var answer = new PrefixMatches();
        view.match(PrefixNamespace.of("m", null, null), KeysOfTokens.of(view.schemes(), prompt), 8, answer);
        return answer;
    }

    private void untilBelieved(int tokens, int... prompt) {
        soon().until(() -> match(prompt).tokens(0) == tokens);
    }

    private static String event(long id, String data, String more) {
        return "{\"event_id\":" + id + ",\"data\":" + data + more + "}";
    }

    private static String created(long id, int window) {
        return event(
                id,
                "{\"type\":\"created\",\"num_blocks_per_cache_level\":[100,20]}",
                ",\"window_size\":" + window + ",\"hash_algo\":\"v1_block_key\"");
    }

    private static String hash(int[] prompt, int block) {
        return Long.toUnsignedString(Arrays.hashCode(Arrays.copyOf(prompt, (block + 1) * BLOCK)) * 0x9E3779B97F4A7C15L);
    }

    private static String stored(long id, int[] prompt, int from, int to) {
        return stored(id, prompt, from, to, 0, 8_192);
    }

    private static String stored(long id, int[] prompt, int from, int to, int spare, int window) {
        var blocks = new ArrayList<String>();
        for (int block = from; block < to; block++) {
            int end = (block + 1) * BLOCK - (block == to - 1 ? spare : 0);
            String tokens = IntStream.range(block * BLOCK, end)
                    .mapToObj(i -> "{\"type\":\"unique_token\",\"token_id\":" + prompt[i] + ",\"token_extra_id\":0}")
                    .collect(Collectors.joining(","));
            blocks.add("{\"type\":\"stored_block\",\"block_hash\":" + hash(prompt, block) + ",\"tokens\":[" + tokens
                    + "],\"cache_level\":0,\"priority\":35,\"mm_keys\":[]}");
        }
        String parent = from == 0 ? "null" : hash(prompt, from - 1);
        return event(
                id,
                "{\"type\":\"stored\",\"parent_hash\":" + parent + ",\"blocks\":[" + String.join(",", blocks) + "]}",
                ",\"window_size\":" + window);
    }

    private static String removed(long id, int[] prompt, int from, int to) {
        return removed(id, prompt, from, to, 8_192);
    }

    private static String removed(long id, int[] prompt, int from, int to, int window) {
        String all = IntStream.range(from, to).mapToObj(i -> hash(prompt, i)).collect(Collectors.joining(","));
        return event(id, "{\"type\":\"removed\",\"block_hashes\":[" + all + "]}", ",\"window_size\":" + window);
    }

    private static String moved(long id, int[] prompt, int block, int from, int to) {
        return event(
                id,
                "{\"type\":\"updated\",\"block_hash\":" + hash(prompt, block)
                        + ",\"cache_level\":{\"type\":\"event_diff\",\"new_value\":" + to + ",\"old_value\":" + from
                        + "},\"priority\":null}",
                ",\"window_size\":8192");
    }

    @Test
    void whatIsToldIsBelieved() {
        told(created(0, 8_192), stored(1, FIRST, 0, 3));
        told(stored(2, FIRST, 3, 5));
        follow();
        untilBelieved(160, FIRST);
        untilState("complete");
        told(removed(3, FIRST, 4, 5));
        untilBelieved(128, FIRST);
        assertThat(methods).containsOnly("POST");
        assertThat(events.counts().count(Incident.GAP)).isZero();
    }

    @Test
    void aBlockThatMovesToTheHostIsThereUntilItIsRemoved() {
        told(created(0, 8_192), stored(1, FIRST, 0, 5), moved(2, FIRST, 4, 0, 1));
        told(event(3, "{\"type\":\"updated\",\"block_hash\":" + hash(FIRST, 0) + ",\"cache_level\":null}", ""));
        follow();
        soon().until(() ->
                match(FIRST).tokens(0, CacheTier.GPU) == 128 && match(FIRST).tokens(0) == 160);
        told(removed(4, FIRST, 4, 5));
        untilBelieved(128, FIRST);
        untilState("complete");
    }

    @Test
    void blocksThatArePartlyFilledAreNotFollowed() {
        told(created(0, 8_192), stored(1, FIRST, 0, 5, 7, 8_192), stored(2, SECOND, 0, 1, 20, 8_192));
        follow();
        untilBelieved(128, FIRST);
        untilState("complete");
        told(removed(3, SECOND, 0, 1), stored(4, FIRST, 4, 5));
        untilBelieved(160, FIRST);
        untilState("complete");
    }

    @Test
    void ofSeveralWindowsTheShorterOnesNeedTheirLastBlocksOnly() {
        told(created(0, 8_192), created(1, 64), stored(2, FIRST, 0, 5, 0, 64), stored(3, FIRST, 0, 5));
        follow();
        untilBelieved(160, FIRST);
        told(removed(4, FIRST, 0, 3, 64));
        told(removed(5, FIRST, 3, 4, 64));
        untilBelieved(0, FIRST);
        untilState("complete");
    }

    @Test
    void moreWindowsThanCanBeToldApartAreNotBelieved() {
        var all = new ArrayList<>(List.of(created(0, 8_192), stored(1, FIRST, 0, 5)));
        for (int i = 0; i < 200; i++) {
            all.add(created(2 + i, 64 + i));
        }
        told(all.toArray(String[]::new));
        follow();
        untilState("unknown-groups");
        assertThat(events.counts().countUnknownGroups()).isPositive();
    }

    @Test
    void eventsThatCameInAnotherOrderOrTwiceInOneAnswerAreAppliedInTheirs() {
        told(removed(2, FIRST, 4, 5), created(0, 8_192), stored(1, FIRST, 0, 5), stored(1, FIRST, 0, 5));
        follow();
        untilBelieved(128, FIRST);
        untilState("complete");
    }

    @Test
    void aGapIsUncertainty() {
        told(created(0, 8_192), stored(1, FIRST, 0, 5));
        told(stored(3, SECOND, 0, 5));
        follow();
        untilState("uncertain");
        untilBelieved(160, SECOND);
        assertThat(events.counts().count(Incident.LOST)).isEqualTo(1);
    }

    @Test
    void whoReadsAfterAnotherKnowsAPart() {
        told(stored(40, FIRST, 0, 5));
        follow();
        untilState("partial");
        assertThat(match(FIRST).tokens(0)).isEqualTo(160);
    }

    @Test
    void anotherReaderIsFoundOutByGapsThatComeAgain() {
        told(created(0, 8_192), stored(1, FIRST, 0, 5));
        for (int gap = 0; gap < PolledSource.MOST_GAPS; gap++) {
            told(stored(3 + 2 * gap, SECOND, 0, 5));
        }
        follow();
        untilState("shared");
        assertThat(view.confidence(pool.snapshot().at(0).tenancy())).isZero();
        for (int clean = 0; clean < PolledSource.CLEAN_READINGS; clean++) {
            told(stored(2 + 2 * PolledSource.MOST_GAPS + clean, SECOND, 0, 5));
        }
        untilState("uncertain");
    }

    @Test
    void aRestartedEngineHoldsNothingOfWhatItHeld() {
        told(created(0, 8_192), stored(1, FIRST, 0, 5));
        follow();
        untilBelieved(160, FIRST);
        told(created(0, 8_192), stored(1, SECOND, 0, 2));
        untilBelieved(64, SECOND);
        assertThat(match(FIRST).tokens(0)).isZero();
        untilState("complete");
        told(stored(1, FIRST, 0, 2));
        untilBelieved(64, FIRST);
        assertThat(match(SECOND).tokens(0)).isZero();
        assertThat(events.counts().count(Incident.RESTART)).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "nothing",
                "{}",
                "[1]",
                "[{\"data\":{\"type\":\"removed\"}}]",
                "[{\"event_id\":2,\"data\":{\"type\":\"removed\",\"block_hashes\":[true]}}]",
                "[{\"event_id\":2",
                "[] []"
            })
    void garbageIsCountedAndMakesUncertain(String garbage) {
        told(created(0, 8_192), stored(1, FIRST, 0, 5));
        answers.add(new Answer(200, garbage, false));
        follow();
        soon().until(() -> events.counts().count(Batch.MALFORMED) == 1);
        soon().until(() -> pool.snapshot().at(0).replica().kvEvents().confidence() < 0.5f);
        told(stored(2, SECOND, 0, 1));
        untilState("uncertain");
    }

    @Test
    void whatIsNotKnownIsGoneOver() {
        told(
                created(0, 8_192),
                event(1, "{\"type\":\"of_the_future\",\"blocks\":[{\"x\":[[1]]}],\"y\":{}}", ",\"z\":[{}]"),
                stored(2, FIRST, 0, 5));
        follow();
        untilBelieved(160, FIRST);
        untilState("complete");
    }

    @Test
    void anAnswerThatNeverComesLosesWhatItHad() {
        told(created(0, 8_192), stored(1, FIRST, 0, 5));
        follow();
        untilState("complete");
        answers.add(new Answer(200, "", true));
        soon().until(() -> events.counts().count(Incident.DISCONNECTED) == 1);
        // answers again, and nothing shows whether something was lost
        untilState("waiting");
        told(stored(2, SECOND, 0, 1));
        untilState("complete");
    }

    @Test
    void anEngineThatAnswersErrorsIsReadAgain() {
        told(created(0, 8_192), stored(1, FIRST, 0, 5));
        answers.add(new Answer(500, "oops", false));
        answers.add(new Answer(503, "", false));
        told(stored(2, FIRST, 0, 1));
        follow();
        soon().until(() -> answers.isEmpty());
        untilState("complete");
        assertThat(events.counts().count(Incident.DISCONNECTED)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {404, 405, 501})
    void whereThereIsNoPageNoneIsReadForAWhile(int status) {
        answers.add(new Answer(status, "", false));
        answers.add(new Answer(status, "", false));
        follow();
        untilState("not-offered");
        assertThat(methods).containsExactly("POST", "GET");
    }

    @Test
    void anEngineThatHasItForTheOtherMethodIsReadByThat() {
        answers.add(new Answer(405, "", false));
        told(created(0, 8_192), stored(1, FIRST, 0, 5));
        follow();
        untilBelieved(160, FIRST);
        untilState("complete");
        assertThat(List.copyOf(methods).subList(0, 2)).containsExactly("POST", "GET");
        assertThat(methods).containsOnlyOnce("POST");
    }

    @Test
    void ranksAreFollowedEachForItself() {
        String other = ",\"attention_dp_rank\":1}";
        told(created(0, 8_192), created(0, 8_192).replaceFirst("}$", other), stored(1, FIRST, 0, 5));
        told(stored(1, SECOND, 0, 5).replaceFirst("}$", other));
        follow();
        untilBelieved(160, SECOND);
        untilBelieved(160, FIRST);
        untilState("complete");
        assertThat(match(FIRST).confidence(0)).isEqualTo(0.5f);
    }

    @Test
    void addressesSayWhatIsAllowed() {
        assertThat(PolledAddress.parse("http://*").at("::1", 80)).hasToString("http://[::1]:80/kv_cache_events");
        assertThat(PolledAddress.parse("https://h:9/e?block=64&interval=50"))
                .isEqualTo(new PolledAddress("https", "h", 9, "/e", 50, 64));
        for (String bad : List.of("http://", "http://h:0", "http://h?interval=1", "http://h?block=x", "http://h?a=1")) {
            assertThatThrownBy(() -> PolledAddress.parse(bad)).hasMessageContaining("allowed");
        }
    }
}
