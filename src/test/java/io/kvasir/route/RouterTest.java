package io.kvasir.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.kvasir.cost.ModelCatalogue;
import io.kvasir.cost.TimeModel;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EngineStats;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.PickReason;
import io.kvasir.pool.Pool;
import io.kvasir.pool.ServedModel;
import io.kvasir.prefix.ApproximateView;
import io.kvasir.request.Dialect;
import io.kvasir.request.RefusalReason;
import io.kvasir.request.Request;
import io.kvasir.schedule.Pairing;
import io.kvasir.schedule.PdDecider;
import io.kvasir.schedule.Policy;
import io.kvasir.schedule.Profiles;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RouterTest {
    private final AtomicLong clock = new AtomicLong(1);
    private final Pool pool = new Pool(HardwareCatalogue.load());
    private final ApproximateView view = new ApproximateView(ApproximateView.Settings.DEFAULT, clock::get, 7);
    private final TimeModel time = new TimeModel(ModelCatalogue.load());
    private final SplittableRandom seeds = new SplittableRandom(3);
    private final List<Endpoint> aged = new ArrayList<>();
    private final Router router = new Router(
            pool,
            view,
            time,
            new Profiles(
                    Policy.TIME.profile(time),
                    new Pairing(new PdDecider.Never(), Policy.TIME.prefillProfile(time), time, false),
                    null),
            RouterSettings.DEFAULT,
            aged::add,
            clock::get,
            seeds::split);

    private void endpoints(int count) {
        var specs = new ArrayList<EndpointSpec>();
        for (int i = 0; i < count; i++) {
            specs.add(EndpointSpec.of("e" + i, "10.0.0." + i, 80));
        }
        pool.apply(specs);
    }

    private static byte[] chat(String model, String content) {
        return ("{\"messages\":[{\"role\":\"user\",\"content\":\"" + content + "\"}]"
                        + (model.isEmpty() ? "" : ",\"model\":\"" + model + "\"") + "}")
                .getBytes(StandardCharsets.UTF_8);
    }

    private Routing route(byte[] body, RoutingHints hints) {
        var reading = router.read(Dialect.CHAT_COMPLETIONS);
        reading.feed(body, 0, body.length);
        return router.route(reading, reading.finish(), hints);
    }

    private Booking booked(byte[] body) {
        return booked(body, RoutingHints.NONE);
    }

    private Booking booked(byte[] body, RoutingHints hints) {
        var routing = route(body, hints);
        assertThat(routing).isInstanceOf(Routing.Booked.class);
        return ((Routing.Booked) routing).booking();
    }

    private RefusalReason refused(byte[] body, RoutingHints hints) {
        var routing = route(body, hints);
        assertThat(routing).isInstanceOf(Routing.Refused.class);
        return ((Routing.Refused) routing).refusal().reason();
    }

    private void assertNothingInFlight() {
        for (Endpoint endpoint : pool.snapshot().endpoints()) {
            assertThat(endpoint.load().requests()).isZero();
            assertThat(endpoint.load().promptTokens()).isZero();
            assertThat(endpoint.load().outputTokens()).isZero();
            assertThat(endpoint.load().prefillNanos()).isZero();
            assertThat(endpoint.load().prefills()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(Outcome.class)
    void everyWayToEndTakesBackExactlyWhatWasCounted(Outcome outcome) {
        endpoints(2);
        var first = booked(chat("m", "one"));
        var second = booked(chat("m", "two"));
        first.firstToken();
        first.tokens(3);

        first.finish(outcome);
        first.finish(Outcome.COMPLETED);
        second.finish(outcome);

        assertNothingInFlight();
        assertThat(router.counts().ended(outcome)).isEqualTo(2);
    }

    @Test
    void aRetryMovesTheBooksAndTakesTheDeadEndpointDown() {
        endpoints(3);
        var booking = booked(chat("m", "hello"));
        var dead = booking.endpoint();

        booking.connectFailed(true);
        var next = Objects.requireNonNull(booking.retry(RetryReason.REFUSED));

        assertThat(next).isNotSameAs(dead);
        assertThat(booking.endpoint()).isSameAs(next);
        assertThat(dead.health().routable()).isFalse();
        assertThat(dead.load().requests()).isZero();
        assertThat(next.load().requests()).isEqualTo(1);
        assertThat(next.picks().get(PickReason.RETRY)).isEqualTo(1);
        booking.finish(Outcome.COMPLETED);
        assertNothingInFlight();
    }

    @Test
    void anEndpointPreferredOnAnOldPageIsToBeReadSoon() {
        endpoints(1);
        var endpoint = pool.snapshot().at(0);
        endpoint.report(EngineStats.at(clock.get())
                .running(0)
                .waiting(0)
                .kvUsage(0)
                .blocks(16, 100)
                .build());
        booked(chat("m", "x")).finish(Outcome.COMPLETED);
        assertThat(aged).isEmpty();

        clock.addAndGet(RouterSettings.DEFAULT.refreshAge().toNanos() + 1);
        booked(chat("m", "x")).finish(Outcome.COMPLETED);
        assertThat(aged).containsExactly(endpoint);
    }

    @Test
    void withoutAFallbackARetryHasNobody() {
        endpoints(1);
        var booking = booked(chat("m", "hello"));

        assertThat(booking.retry(RetryReason.REFUSED)).isNull();

        booking.finish(Outcome.CONNECT_FAILED);
        assertNothingInFlight();
    }

    @Test
    void theNextTurnOfAConversationGoesWhereTheFirstWent() {
        endpoints(4);
        String turn = "a long first turn that fills several blocks ".repeat(200);
        var first = booked(chat("m", turn));
        first.firstToken();
        first.finish(Outcome.COMPLETED);

        var second = booked(chat("m", turn));

        assertThat(second.endpoint()).isSameAs(first.endpoint());
        assertThat(second.decision().cachedTokens()).isGreaterThan(1_000);
        second.finish(Outcome.COMPLETED);
    }

    @Test
    void anotherModelOrSaltSharesNothing() {
        endpoints(4);
        String turn = "a long first turn that fills several blocks ".repeat(200);
        booked(chat("m", turn)).finish(Outcome.COMPLETED);

        var other = booked(chat("n", turn));

        assertThat(other.decision().bestCachedTokens()).isZero();
        other.finish(Outcome.COMPLETED);
    }

    @Test
    void aMissingModelIsThePathsElseThePoolsOnlyOneElseRefused() {
        endpoints(2);
        pool.snapshot().at(0).serves(List.of(new ServedModel("base", null, 0), new ServedModel("lora", "base", 0)));
        var only = booked(chat("", "x"));
        assertThat(only.request().model()).isEqualTo("base");
        only.finish(Outcome.COMPLETED);

        pool.snapshot().at(1).serves(List.of(new ServedModel("second", null, 0)));
        assertThat(refused(chat("", "x"), RoutingHints.NONE)).isEqualTo(RefusalReason.MODEL_MISSING);

        var path =
                booked(chat("", "x"), RoutingHints.builder().pathModel("second").build());
        assertThat(path.endpoint()).isSameAs(pool.snapshot().at(1));
        path.finish(Outcome.COMPLETED);
    }

    @Test
    void onlyTheGatewaysSubsetMayBeChosen() {
        endpoints(3);
        var hints = RoutingHints.builder()
                .subset(List.of("10.0.0.2:80", "10.9.9.9:80"))
                .build();
        var booking = booked(chat("m", "x"), hints);
        assertThat(booking.endpoint().hostPort()).isEqualTo("10.0.0.2:80");
        booking.finish(Outcome.COMPLETED);

        assertThat(refused(
                        chat("m", "x"),
                        RoutingHints.builder().subset(List.of("10.0.0.2:81")).build()))
                .isEqualTo(RefusalReason.SUBSET_EMPTY);
        assertThat(refused(
                        chat("m", "x"), RoutingHints.builder().subset(List.of()).build()))
                .isEqualTo(RefusalReason.SUBSET_EMPTY);
        assertThat(router.counts().rejected(RefusalReason.SUBSET_EMPTY)).isEqualTo(2);
    }

    @Test
    void requestsWithoutABodyAreRoutedToo() {
        endpoints(2);
        var routing = router.route(
                router.read(Dialect.PASSTHROUGH), Request.withoutBody(Dialect.PASSTHROUGH), RoutingHints.NONE);

        assertThat(routing).isInstanceOf(Routing.Booked.class);
        var booking = ((Routing.Booked) routing).booking();
        assertThat(booking.decision().reason()).isEqualTo(PickReason.NO_BODY);
        booking.finish(Outcome.COMPLETED);
        assertNothingInFlight();
    }

    @Test
    void explainingOpensNoBooks() {
        endpoints(2);
        byte[] body = chat("m", "x");
        var reading = router.read(Dialect.CHAT_COMPLETIONS);
        reading.feed(body, 0, body.length);

        var explained = router.explain(reading, reading.finish(), RoutingHints.NONE);
        reading.abandon();

        assertThat(explained.result().decision()).isNotNull();
        var explanation = explained.explanation();
        assertThat(explanation.candidates()).hasSize(2);
        assertThat(explanation.candidates().getFirst().scores()).containsKey("time-scorer");
        assertNothingInFlight();
    }

    @Test
    void timesAreKeptByModelAndHardware() {
        endpoints(1);
        var booking = booked(chat("m", "x"));
        clock.addAndGet(20_000_000);
        booking.firstToken();
        clock.addAndGet(10_000_000);
        booking.tokens(2);
        booking.usage(100, 40, 3);
        booking.finish(Outcome.COMPLETED);

        router.counts().times().forEach((key, times) -> {
            assertThat(key).isEqualTo(new RequestTimes.Key("m", "unknown"));
            assertThat(times.firstToken().sum()).isEqualTo(0.02);
            assertThat(times.betweenTokens().sum()).isEqualTo(0.01);
            assertThat(times.whole().sum()).isCloseTo(0.03, within(1e-9));
        });
        assertThat(router.counts().cachedTokens()).isEqualTo(40);
    }

    private List<String> modelsOnThePage() {
        var names = new ArrayList<String>();
        router.counts().times().forEach((key, times) -> names.add(key.model()));
        return names;
    }

    private void answered(String model, int status) {
        var booking = booked(chat(model, "x"));
        booking.responseStarted(status);
        booking.firstToken();
        booking.finish(Outcome.COMPLETED);
    }

    @Test
    void modelsThatEnginesRefuseAreNoLabels() {
        endpoints(1);
        for (int i = 0; i < 2 * NamedModels.GUESTS; i++) {
            answered("invented-" + i, 404);
        }
        assertThat(modelsOnThePage()).containsExactly("other");
        answered("real", 200);
        answered("real", 404);
        assertThat(modelsOnThePage()).containsExactlyInAnyOrder("other", "real");
    }

    @Test
    void ofModelsThatAnEngineTakesWhateverTheyAreAsManyAsAreGuestsAreLabels() {
        endpoints(1);
        for (int i = 0; i < 2 * NamedModels.GUESTS; i++) {
            answered("invented-" + i, 200);
        }
        assertThat(modelsOnThePage()).hasSize(NamedModels.GUESTS + 1).contains("other", "invented-0");
    }

    @Test
    void aModelThatAnEndpointIsKnownToServeIsALabelHoweverManyWereInvented() {
        endpoints(1);
        for (int i = 0; i < 2 * NamedModels.GUESTS; i++) {
            answered("invented-" + i, 200);
        }
        pool.snapshot().at(0).serves(List.of(new ServedModel("real", null, 0), new ServedModel("adapter", "real", 0)));
        answered("real", 200);
        answered("adapter", 500);
        assertThat(modelsOnThePage()).hasSize(NamedModels.GUESTS + 3).contains("real", "adapter");
    }

    @Test
    void whatAClientAsksForDisplacesNothingThatIsBelieved() {
        endpoints(1);
        var endpoint = pool.snapshot().at(0);
        endpoint.report(EngineStats.at(clock.get())
                .running(0)
                .waiting(0)
                .kvUsage(0)
                .blocks(16, 256)
                .build());
        view.capacity(endpoint.ordinal(), 4_096);
        String turn = "a long first turn that fills several blocks ".repeat(200);
        booked(chat("m", turn)).finish(Outcome.COMPLETED);
        long held = view.heldTokens(endpoint.ordinal());

        for (String numbers : List.of(
                "\"ignore_eos\":true,\"max_tokens\":2147483647",
                "\"ignore_eos\":true,\"max_completion_tokens\":99999999999999999999999",
                "\"ignore_eos\":true,\"max_tokens\":4096,\"min_tokens\":2147483647,\"n\":2147483647",
                "\"ignore_eos\":true,\"max_tokens\":-2147483648",
                "\"ignore_eos\":true,\"max_tokens\":1e300,\"best_of\":-5")) {
            byte[] body = ("{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"model\":\"m\"," + numbers + "}")
                    .getBytes(StandardCharsets.UTF_8);
            var booking = booked(body);

            assertThat(view.heldTokens(endpoint.ordinal())).as(numbers).isGreaterThanOrEqualTo(held);
            assertThat(endpoint.load().outputTokens()).isBetween(0L, 4_096L * Request.MOST_SAMPLES);
            assertThat(booking.predictedSeconds()).isBetween(0.0, 3_600.0);
            assertThat(booking.decision().predictedTtftSeconds()).isBetween(0.0, 3_600.0);
            booking.finish(Outcome.CLIENT_GONE);
        }
        assertNothingInFlight();
        var next = booked(chat("m", turn));
        assertThat(next.decision().cachedTokens()).isGreaterThan(1_000);
        next.finish(Outcome.COMPLETED);
    }

    @Test
    void aNameThatCannotBeAModelsIsRefusedWhereverItStands() {
        endpoints(3);
        for (String name : List.of("9".repeat(400), "x".repeat(257), "a\\u0000b", " ", "\\ud800")) {
            assertThat(refused(chat(name, "x"), RoutingHints.NONE)).as(name).isEqualTo(RefusalReason.MODEL_INVALID);
        }
        assertThat(refused(
                        chat("", "x"),
                        RoutingHints.builder().pathModel("9".repeat(400)).build()))
                .isEqualTo(RefusalReason.MODEL_INVALID);
        assertThat(refused(
                        chat("m", "x"),
                        RoutingHints.builder().rewrite("9".repeat(400) + "b").build()))
                .isEqualTo(RefusalReason.MODEL_INVALID);
        assertNothingInFlight();
    }

    @Test
    void requestsForAModelOfAnAbsurdSizeAreSpreadLikeOthers() {
        endpoints(4);
        String name = "9".repeat(250) + "b";
        var chosen = new HashSet<Endpoint>();
        for (int i = 0; i < 40; i++) {
            chosen.add(booked(chat(name, "request " + i)).endpoint());
        }
        assertThat(chosen).hasSize(4);
    }

    private static byte[] streamed(String content) {
        return ("{\"messages\":[{\"role\":\"user\",\"content\":\"" + content + "\"}],\"model\":\"m\",\"stream\":true}")
                .getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void aStreamWithoutUsageCountsItsEventsAsAnEstimate() {
        endpoints(1);
        var booking = booked(streamed("x".repeat(400)));
        booking.firstToken();
        booking.tokens(41);
        booking.finish(Outcome.COMPLETED);
        assertThat(router.counts().outputTokens()).isZero();
        assertThat(router.counts().estimatedOutputTokens()).isEqualTo(42);
        assertThat(router.counts().estimatedPromptTokens())
                .isEqualTo(booking.request().promptTokens());

        var reporting = booked(streamed("x".repeat(400)));
        reporting.firstToken();
        reporting.tokens(41);
        reporting.usage(105, -1, 42);
        reporting.finish(Outcome.COMPLETED);
        var whole = booked(chat("m", "x"));
        whole.firstToken();
        whole.finish(Outcome.COMPLETED);
        assertThat(router.counts().outputTokens()).isEqualTo(42);
        assertThat(router.counts().estimatedOutputTokens()).as("no more").isEqualTo(42);
        assertThat(router.counts().cachedTokens()).isZero();
        assertThat(router.counts().predictedCachedTokens())
                .as("nothing told to compare with")
                .isZero();
    }

    @Test
    void cachedTokensNeverExceedPromptTokens() {
        endpoints(1);
        for (int[] usage : new int[][] {{100, 900, 5}, {-1, 50, 5}, {70, 70, -1}, {0, 3, 0}}) {
            var booking = booked(chat("m", "x"));
            booking.firstToken();
            booking.usage(usage[0], usage[1], usage[2]);
            booking.finish(Outcome.COMPLETED);
        }
        assertThat(router.counts().promptTokens()).isEqualTo(170);
        assertThat(router.counts().cachedTokens()).isEqualTo(170);
    }

    @Test
    void bytesPerTokenAreLearnedFromUsageByModel() {
        endpoints(2);
        String text = "д".repeat(5_000);
        for (int i = 0; i < 40; i++) {
            var booking = booked(chat("m", text + i));
            booking.firstToken();
            // ten bytes a token
            booking.usage((int) (booking.request().prompt().bytes() / 10) + 4, -1, 1);
            booking.finish(Outcome.COMPLETED);
        }
        var learned = booked(chat("m", text));
        assertThat(learned.request().promptTokens()).isBetween(950L, 1_150L);
        learned.finish(Outcome.COMPLETED);
        var other = booked(chat("n", text));
        assertThat(other.request().promptTokens()).isGreaterThan(2_500);
        other.finish(Outcome.COMPLETED);

        var reading = router.read(Dialect.CHAT_COMPLETIONS);
        byte[] body = chat("m", text);
        reading.feed(body, 0, body.length);
        var explained = router.explain(reading, reading.finish(), RoutingHints.NONE);
        reading.abandon();
        assertThat(explained.explanation().promptTokens())
                .isEqualTo(learned.request().promptTokens());

        var again = booked(chat("m", text));
        assertThat(again.decision().cachedTokens())
                .as("what is cached is measured in the same tokens")
                .isBetween(900, (int) again.request().promptTokens());
        again.finish(Outcome.COMPLETED);
    }

    @Test
    void whatAnEngineReportsOfTokensOrPicturesTeachesNothing() {
        endpoints(1);
        var image = ("{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"" + "x".repeat(1_000)
                        + "\"},{\"type\":\"image_url\",\"image_url\":{\"url\":\"u\"}}]}],\"model\":\"m\"}")
                .getBytes(StandardCharsets.UTF_8);
        for (byte[] body : List.of(image, chat("m", "short"))) {
            for (int i = 0; i < 20; i++) {
                var booking = booked(body);
                booking.firstToken();
                booking.usage(100_000, 0, 1);
                booking.finish(Outcome.COMPLETED);
            }
        }
        var next = booked(chat("m", "x".repeat(996)));
        assertThat(next.request().promptTokens()).isEqualTo(254);
        next.finish(Outcome.COMPLETED);
    }

    @Test
    void anAbsurdReportMovesNothingFar() {
        endpoints(1);
        var booking = booked(streamed("x".repeat(4_000)));
        booking.firstToken();
        booking.usage(Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE);
        booking.finish(Outcome.COMPLETED);
        var next = booked(chat("m", "x".repeat(4_000)));
        assertThat(next.request().promptTokens()).isBetween(1_000L, 4_010L);
        assertThat(pool.snapshot().at(0).load().outputTokens()).isLessThan(5_000);
        next.finish(Outcome.COMPLETED);
    }
}
