package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvasir.cost.ModelCatalogue;
import io.kvasir.cost.TimeModel;
import io.kvasir.kvevents.KvEventSettings;
import io.kvasir.kvevents.KvEvents;
import io.kvasir.kvevents.wire.HashScheme;
import io.kvasir.kvevents.wire.KvEventEncoder.Layout;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EngineKind;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.prefix.ApproximateView;
import io.kvasir.prefix.PreciseView;
import io.kvasir.prefix.Prediction;
import io.kvasir.prefix.PrefixSource;
import io.kvasir.prefix.StackedViews;
import io.kvasir.proxy.ProxyServer;
import io.kvasir.proxy.ProxySettings;
import io.kvasir.proxy.RawClient;
import io.kvasir.route.BodyBudget;
import io.kvasir.route.Router;
import io.kvasir.route.RouterSettings;
import io.kvasir.schedule.Policy;
import io.kvasir.scrape.ScrapeSettings;
import io.kvasir.scrape.Scraper;
import io.kvasir.sim.SimulatedEndpoint;
import io.kvasir.sim.SimulatedPool;
import io.kvasir.sim.http.EventOptions;
import io.kvasir.testing.Loops;
import io.kvasir.token.EngineTokens;
import io.kvasir.token.TokenGap;
import io.kvasir.token.TokenIds;
import io.kvasir.token.TokenSource;
import io.kvasir.token.TokenSources;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Requests of token ids through the proxy to simulated engines that publish KV events. */
class PreciseRoutingTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String MODEL = SimulatedPool.DEFAULT_MODEL;

    private final List<SimulatedPool> engines = new ArrayList<>();
    private final Pool pool = new Pool(HardwareCatalogue.load());
    private final PreciseView precise = new PreciseView(64, 1);
    private final Vertx vertx = Vertx.vertx(Loops.vertx(1));
    private final TimeModel time = new TimeModel(ModelCatalogue.load());
    private final Router router = new Router(
            pool,
            new StackedViews(
                    List.of(precise, new ApproximateView(ApproximateView.Settings.DEFAULT, System::nanoTime, 1)), 0.5f),
            time,
            Policy.TIME.profile(time),
            RouterSettings.DEFAULT,
            System::nanoTime,
            () -> new SplittableRandom(1));
    private final ProxyServer proxy = new ProxyServer(
            ProxySettings.DEFAULT.at("127.0.0.1", 0).withEventLoops(1), router, new BodyBudget(64 << 20), vertx);
    private KvEvents events = new KvEvents(precise, KvEventSettings.DEFAULT, System::nanoTime);

    private SimulatedPool engine(String spec, int blockSize, EventOptions options) throws IOException {
        return engine(spec, builder -> builder.blockSize(blockSize).events(options));
    }

    private SimulatedPool engine(String spec, UnaryOperator<SimulatedPool.Builder> options) throws IOException {
        var started = options.apply(
                        SimulatedPool.builder().pool(spec).timeScale(10).eventLoops(1))
                .start();
        engines.add(started);
        return started;
    }

    /** Half of whose layers look back over 128 tokens, as gpt-oss', with room for few prompts. */
    private SimulatedPool hybridEngine() throws IOException {
        return engine(
                "h200:vllm=1",
                builder -> builder.blockSize(16)
                        .slidingWindow(128)
                        .maxModelLength(2_048)
                        .kvBlocks(300)
                        .events(EventOptions.USUAL));
    }

    /** However slow this machine is. */
    private static ConditionFactory soon() {
        return await().pollInterval(Duration.ofMillis(5)).atMost(Duration.ofMinutes(1));
    }

    private void serve() throws IOException {
        var specs = new ArrayList<EndpointSpec>();
        for (SimulatedPool started : engines) {
            for (SimulatedEndpoint each : started.endpoints()) {
                specs.add(EndpointSpec.builder(each.name() + "-" + each.port(), each.address(), each.port())
                        .model(each.model())
                        .engine(EngineKind.parse(each.engine()).orElseThrow())
                        .kvTokens(each.kvTokens())
                        .kvEvents(each.kvEvents())
                        .build());
            }
        }
        pool.apply(specs);
        events.start(pool);
        proxy.start();
        awaitState("complete");
    }

    private void awaitState(String state) {
        soon().until(() -> pool.snapshot().endpoints().stream()
                .allMatch(endpoint -> endpoint.replica().kvEvents().state().equals(state)));
    }

    private long announced() {
        return engines.stream()
                .flatMap(started -> started.endpoints().stream().map(each -> started.events(each.name())))
                .mapToLong(publisher -> publisher.announced())
                .sum();
    }

    /** What an answer says is compared once its last bytes have been passed on, which may be after they are read here. */
    private void allWereExact(int requests) {
        soon().until(() ->
                compared().values().stream().mapToLong(Long::longValue).sum() >= requests);
        assertThat(compared()).isEqualTo(Map.of(Prediction.EXACT, (long) requests));
    }

    private Map<Prediction, Long> compared() {
        return Arrays.stream(Prediction.values())
                .filter(outcome -> precise.count(outcome) > 0)
                .collect(Collectors.toMap(outcome -> outcome, precise::count));
    }

    @AfterEach
    void stop() {
        events.close();
        proxy.stop(Duration.ofSeconds(1));
        engines.forEach(SimulatedPool::close);
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    private int cached(int[] prompt, @Nullable String salt) throws IOException {
        return send(prompt, salt, 4);
    }

    /** Tokens of the prompt that the engine found in its cache. */
    private int send(int[] prompt, @Nullable String salt, int output) throws IOException {
        return send(
                "/v1/completions",
                "\"prompt\":" + Arrays.toString(prompt) + ",\"max_tokens\":" + output
                        + (salt == null ? "" : ",\"cache_salt\":\"" + salt + "\""));
    }

    private int send(String path, String members) throws IOException {
        String body = "{" + members + ",\"model\":\"" + MODEL + "\"}";
        try (var client = new RawClient(proxy.port())) {
            client.send("POST " + path + " HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: "
                    + body.length() + "\r\n\r\n" + body);
            var answer = client.answer();
            assertThat(answer.status()).as(answer.body()).isEqualTo(200);
            return JSON.readTree(answer.body())
                    .path("usage")
                    .path("prompt_tokens_details")
                    .path("cached_tokens")
                    .asInt();
        }
    }

    @Test
    void inAMixedPoolWhatIsPredictedIsWhatEnginesFind() throws IOException {
        // and a hybrid model
        hybridEngine();
        startMixedPool();
        var random = new SplittableRandom(3);
        int[][] systems = new int[4][];
        Arrays.setAll(systems, i -> random.ints(256L * (1 + i), 0, 100_000).toArray());
        int found = 0;
        int requests = 40;
        for (int r = 0; r < requests; r++) {
            int[] system = systems[random.nextInt(systems.length)];
            int[] prompt = Arrays.copyOf(system, system.length + 16 * random.nextInt(40) + 16);
            for (int i = system.length; i < prompt.length; i++) {
                // few questions, so that longer prefixes come again
                prompt[i] = 7 * i + r % 5;
            }
            found += cached(prompt, r % 7 == 0 ? "tenant" : null);
            long announced = announced();
            soon().until(() -> events.applied() >= announced);
        }
        assertThat(found).isGreaterThan(requests * 256);
        allWereExact(requests);
    }

    /** Its windows are evicted before the other layers' blocks are, so that less is reused than those have. */
    @Test
    void ofAHybridModelWhatIsPredictedIsWhatTheEngineFindsWhateverItEvicts() throws IOException {
        var one = hybridEngine();
        serve();
        var random = new SplittableRandom(5);
        int found = 0;
        int requests = 60;
        for (int r = 0; r < requests; r++) {
            int topic = random.nextInt(6);
            int[] whole = new SplittableRandom(topic).ints(1_500, 0, 100_000).toArray();
            found += send(Arrays.copyOf(whole, 200 + 16 * random.nextInt(80)), null, 1 + random.nextInt(60));
            long announced = announced();
            soon().until(() -> events.applied() >= announced);
        }
        assertThat(found).isGreaterThan(requests * 100);
        assertThat(JSON.readTree(one.state(one.endpoints().getFirst().name()))
                        .path("evictions")
                        .asLong())
                .isPositive();
        allWereExact(requests);
        awaitState("complete");
    }

    /** Five engines of four block sizes, two generations of vLLM and SGLang. */
    private void startMixedPool() throws IOException {
        engine("h200:vllm=1", 16, EventOptions.USUAL);
        engine(
                "h200:vllm=1",
                64,
                EventOptions.USUAL.hashing(HashScheme.XXHASH_CBOR, "7").laidOut(Layout.TAGGED, true));
        engine(
                "mi350x:vllm=1",
                128,
                EventOptions.USUAL.hashing(HashScheme.SHA256_CBOR, "0").laidOut(Layout.POSITIONAL, false));
        engine("mi350x:sglang=1", 1, EventOptions.USUAL);
        engine("h200:sglang=1", 64, EventOptions.USUAL.laidOut(Layout.POSITIONAL, false));
        hybridEngine();
        serve();
    }

    @Test
    void ofChatsAndTextsWhoseTokensEnginesTellWhatIsPredictedIsWhatTheyFind() throws Exception {
        startMixedPool();
        try (var tokens = TokenSources.load(
                Map.of(), new EngineTokens(pool, null, System::nanoTime), Duration.ofMinutes(1), System::nanoTime)) {
            router.tokens(tokens);
            int found = 0;
            int requests = 0;
            for (int conversation = 0; conversation < 6; conversation++) {
                var messages = new StringBuilder("{\"role\":\"system\",\"content\":\"")
                        .append("Answer as the manual has it. ".repeat(60 + 40 * (conversation % 3)))
                        .append("\"}");
                String tools = conversation % 2 == 0
                        ? ""
                        : ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"look_up\"}}]";
                for (int turn = 0; turn < 5; turn++) {
                    messages.append(",{\"role\":\"user\",\"content\":\"")
                            .append("Question " + conversation + " of turn " + turn + ". ")
                            .append("With some words. ".repeat(20 * turn))
                            .append("\"}");
                    found += send("/v1/chat/completions", "\"max_tokens\":8,\"messages\":[" + messages + "]" + tools);
                    found += send(
                            "/v1/completions",
                            "\"max_tokens\":8,\"prompt\":\"" + "Once upon a time. ".repeat(99) + turn % 2 + "\"");
                    requests += 2;
                    messages.append(",{\"role\":\"assistant\",\"content\":\"Answer.\"}");
                    long announced = announced();
                    soon().until(() -> events.applied() >= announced);
                }
            }
            assertThat(tokens.counts().count(TokenSource.ENGINE)).isEqualTo(requests);
            assertThat(found).isGreaterThan(requests * 256);
            allWereExact(requests);
        }
    }

    @Test
    void aViewThatMatchesNothingIsFoundOutWithin100RequestsAndTheApproximateOneAnswers() throws Exception {
        engine("h200=1", 16, EventOptions.USUAL);
        serve();
        // somebody says tokens that are not the engine's
        router.tokens((prompt, done) -> {
            done.accept(new TokenIds.Found(
                    TokenSource.TOKENIZER, IntStream.range(7, 707).toArray()));
            return true;
        });
        String chat = "\"max_tokens\":4,\"messages\":[{\"role\":\"user\",\"content\":\"" + "Tell me more. ".repeat(200)
                + "\"}]";
        int requests = 0;
        while (!precise.unmatched(pool.snapshot().at(0).tenancy())) {
            assertThat(requests++).isLessThan(100);
            send("/v1/chat/completions", chat);
        }
        awaitState("unmatched");
        long before = router.counts().prefixes(PrefixSource.APPROXIMATE);
        send("/v1/chat/completions", chat);
        assertThat(router.counts().prefixes(PrefixSource.APPROXIMATE)).isEqualTo(before + 1);
    }

    @Test
    void whereTokensComeTooLateTheApproximateViewAnswers() throws Exception {
        engine("h200=1", 16, EventOptions.USUAL);
        serve();
        try (var nobody = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            var other = new Pool(HardwareCatalogue.load());
            other.apply(List.of(EndpointSpec.builder("mute", "127.0.0.1", nobody.getLocalPort())
                    .model(MODEL)
                    .build()));
            try (var tokens = TokenSources.load(
                    Map.of(),
                    new EngineTokens(other, null, System::nanoTime),
                    Duration.ofMillis(1),
                    System::nanoTime)) {
                router.tokens(tokens);
                String chat = "\"max_tokens\":4,\"messages\":[{\"role\":\"user\",\"content\":\""
                        + "Tell me more. ".repeat(200) + "\"}]";
                send("/v1/chat/completions", chat);
                assertThat(send("/v1/chat/completions", chat)).isPositive();
                assertThat(tokens.counts().count(TokenGap.LATE)).isEqualTo(2);
                assertThat(router.counts().prefixes(PrefixSource.APPROXIMATE)).isEqualTo(2);
            }
        }
    }

    @Test
    void aRestartedEngineIsBelievedToBeEmpty() throws IOException {
        var one = engine("h200=1", 16, EventOptions.USUAL.withoutReplay());
        String name = one.endpoints().getFirst().name();
        var spec = one.endpoints().getFirst();
        pool.apply(List.of(EndpointSpec.builder(name, spec.address(), spec.port())
                .model(MODEL)
                .kvEvents(spec.kvEvents())
                .build()));
        events.start(pool);
        proxy.start();
        int[] prompt = new SplittableRandom(1).ints(512, 0, 100_000).toArray();
        // nobody replays: the first batches may be published before we listen
        soon().until(() -> {
            cached(new SplittableRandom(announced()).ints(64, 0, 100_000).toArray(), null);
            return events.applied() > 0;
        });
        cached(prompt, null);
        assertThat(cached(prompt, null)).isEqualTo(496);
        one.restartEvents(name);
        assertThat(cached(prompt, null)).isZero();
        soon().untilAsserted(() -> assertThat(cached(prompt, null)).isEqualTo(496));
        soon().until(() -> pool.snapshot().at(0).replica().kvEvents().state().equals("complete"));
    }

    private int[] prompt(int seed) {
        return new SplittableRandom(seed).ints(512, 0, 100_000).toArray();
    }

    /** Asks until the engine is believed to hold the prompt, as it does from the first time on. */
    private void untilExact(int[] prompt) throws IOException {
        untilExact(prompt, 496);
    }

    private void untilExact(int[] prompt, int found) throws IOException {
        cached(prompt, null);
        soon().until(() -> {
            long exact = precise.count(Prediction.EXACT);
            return cached(prompt, null) == found && precise.count(Prediction.EXACT) > exact;
        });
    }

    @Test
    void whateverHappensToBatchesIsMadeGoodByReplay() throws IOException {
        var one = engine("h200=1", 16, EventOptions.USUAL);
        var publisher = one.events(one.endpoints().getFirst().name());
        serve();
        untilExact(prompt(1));
        publisher.dropNext(1);
        cached(prompt(2), null);
        untilExact(prompt(3));
        untilExact(prompt(2));
        publisher.duplicateNext();
        untilExact(prompt(4));
        publisher.swapNext();
        cached(prompt(5), null);
        untilExact(prompt(6));
        untilExact(prompt(5));
        publisher.garbage(new byte[0], new byte[3], new byte[] {1, 2, 3});
        publisher.garbage(new byte[] {7});
        untilExact(prompt(7));
        awaitState("complete");
    }

    /** As TensorRT-LLM keeps its events, here of a hybrid model. */
    @Test
    void anEngineWhoseEventsAreKeptUntilTheyAreReadIsFollowedToo() throws IOException {
        var one = engine(
                "h200=1",
                builder -> builder.blockSize(32).slidingWindow(128).events(EventOptions.USUAL.keeping(1_000)));
        serve();
        untilExact(prompt(1), 480);
        untilExact(prompt(2), 480);
        assertThat(pool.snapshot().at(0).replica().kvEvents().way()).isEqualTo("polled");
        one.restartEvents(one.endpoints().getFirst().name());
        assertThat(cached(prompt(1), null)).isZero();
        untilExact(prompt(2), 480);
        awaitState("complete");
    }

    @Test
    void anEngineThatSaysNothingIsFoundOut() throws IOException {
        var one = engine("h200=1", 16, EventOptions.USUAL);
        serve();
        untilExact(prompt(1));
        one.events(one.endpoints().getFirst().name()).silent(true);
        for (int p = 10; p < 30; p++) {
            cached(prompt(p), null);
        }
        awaitState("silent");
        assertThat(precise.confidence(pool.snapshot().at(0).tenancy())).isZero();
    }

    @Test
    void anEngineThatRestartsAtOtherPortsIsFoundByItsOwnWord() throws IOException {
        var one = engine("h200=1", 16, EventOptions.USUAL);
        var spec = one.endpoints().getFirst();
        var loop = Loops.of(1);
        try (var scraper = new Scraper(loop, 1, ScrapeSettings.adaptive(), System::nanoTime)) {
            pool.apply(List.of(EndpointSpec.builder(spec.name(), spec.address(), spec.port())
                    .model(MODEL)
                    .build()));
            events.asking(scraper::refreshEventSources);
            events.start(pool);
            scraper.start(pool);
            proxy.start();
            awaitState("complete");
            untilExact(prompt(1));
            String before = one.events(spec.name()).address(spec.address());
            one.moveEvents(spec.name());
            soon().until(() -> !Objects.equals(one.events(spec.name()).address(spec.address()), before));
            // what was believed is gone with the process that said it
            soon().until(() -> {
                var told = pool.snapshot().at(0).replica().toldEvents().ranks();
                return ("tcp://" + spec.address() + ":"
                                + told.getFirst().address().port() + "?replay="
                                + told.getFirst().address().replayPort())
                        .equals(one.events(spec.name()).address(spec.address()));
            });
            long heard = events.applied();
            soon().until(() -> {
                cached(prompt(100 + (int) announced()), null);
                return events.applied() > heard;
            });
            soon().until(() -> pool.snapshot().at(0).replica().kvEvents().way().equals("dialled")
                    && state(spec.name()).equals("complete"));
            untilExact(prompt(2));
        } finally {
            var _ = loop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
        }
    }

    @Test
    void anEngineThatDialsIsKnownByItsAddress() throws IOException {
        events = new KvEvents(precise, KvEventSettings.DEFAULT.at("tcp://127.0.0.1:*"), System::nanoTime);
        events.start(pool);
        proxy.start();
        var one = engine(
                "h200=1",
                16,
                EventOptions.USUAL.withoutReplay().dialling(Objects.requireNonNull(events.boundAddress()), "any"));
        var spec = one.endpoints().getFirst();
        pool.apply(List.of(EndpointSpec.builder(spec.name(), spec.address(), spec.port())
                .model(MODEL)
                .build()));
        soon().until(() -> {
            cached(prompt((int) announced() + 100), null);
            return events.applied() > 0;
        });
        untilExact(prompt(1));
        soon().until(() -> pool.snapshot().at(0).replica().kvEvents().way().equals("bound"));
    }

    @Test
    void aPeerThatAcceptsAndSaysNothingKeepsNobodyElseUp() throws IOException {
        try (var mute = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            var one = engine("h200=1", 16, EventOptions.USUAL);
            var spec = one.endpoints().getFirst();
            pool.apply(List.of(
                    EndpointSpec.builder("mute", "127.255.255.254", spec.port())
                            .model(MODEL)
                            .kvEvents("tcp://127.0.0.1:" + mute.getLocalPort() + "?replay=" + mute.getLocalPort())
                            .build(),
                    EndpointSpec.builder("one", spec.address(), spec.port())
                            .model(MODEL)
                            .kvEvents(spec.kvEvents())
                            .build()));
            events.start(pool);
            proxy.start();
            soon().until(() -> state("one").equals("complete"));
            // until it has been waited for long enough
            assertThat(state("mute")).isIn("unheard", "unresponsive");
        }
    }

    private String state(String name) {
        return pool.snapshot().endpoints().stream()
                .filter(endpoint -> endpoint.spec().name().equals(name))
                .map(endpoint -> endpoint.replica().kvEvents().state())
                .findFirst()
                .orElseThrow();
    }
}
