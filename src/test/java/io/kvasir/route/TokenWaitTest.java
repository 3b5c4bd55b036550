package io.kvasir.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.KvEventReport;
import io.kvasir.prefix.ApproximateView;
import io.kvasir.prefix.CacheTier;
import io.kvasir.prefix.PreciseView;
import io.kvasir.prefix.PrefixSource;
import io.kvasir.prefix.StackedViews;
import io.kvasir.prefix.StoredBlocks;
import io.kvasir.request.Dialect;
import io.kvasir.testing.CollectedMetrics;
import io.kvasir.token.TextPrompt;
import io.kvasir.token.TokenIds;
import io.kvasir.token.TokenSource;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Requests of text that wait for their tokens. */
class TokenWaitTest {
    private static final int[] IDS = IntStream.range(1, 101).toArray();

    private final RouterFixture fixture = new RouterFixture(
            EndpointSpec.builder("a", "10.0.0.1", 8000).model("m").build(),
            EndpointSpec.builder("b", "10.0.0.2", 8000).model("m").build());
    private final PreciseView precise = new PreciseView(16, 1);
    private final Router router = fixture.routerOver(new StackedViews(
            List.of(precise, new ApproximateView(ApproximateView.Settings.DEFAULT, fixture.clock::get, 1)), 0.5f));
    private final List<Consumer<TokenIds.Found>> searches = new ArrayList<>();
    private final List<TextPrompt> prompts = new ArrayList<>();
    private final Loop loop = new Loop();

    private static final class Loop implements Waiter {
        final List<Runnable> tasks = new ArrayList<>();
        Routing.@Nullable Decided heard;
        byte[] body = {};

        @Override
        public void execute(Runnable task) {
            tasks.add(task);
        }

        @Override
        public void decided(Routing.Decided routing) {
            heard = routing;
        }

        @Override
        public List<ByteBuffer> body() {
            return List.of(ByteBuffer.wrap(body));
        }

        void turn() {
            var all = List.copyOf(tasks);
            tasks.clear();
            all.forEach(Runnable::run);
        }
    }

    @BeforeEach
    void endpointBHoldsThePrompt() {
        router.tokens((prompt, done) -> prompts.add(prompt) && searches.add(done));
        for (String name : List.of("a", "b")) {
            var cache = precise.cache(fixture.endpoint(name).tenancy(), 0, "m", false);
            precise.coverage(fixture.endpoint(name).tenancy(), 1);
            if (name.equals("b")) {
                cache.stored(new StoredBlocks(
                        CacheTier.GPU, false, 0, new long[] {1, 2, 3, 4, 5, 6}, 6, IDS, 96, 16, null, null, null));
            }
        }
    }

    private Routing ask(String body) {
        loop.body = body.getBytes(StandardCharsets.UTF_8);
        var reading = router.read(Dialect.CHAT_COMPLETIONS);
        reading.feed(loop.body, 0, loop.body.length);
        return router.route(reading, reading.finish(), RoutingHints.NONE, loop);
    }

    private Waiting askChat() {
        return (Waiting) ask("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
    }

    private Booking booked() {
        return ((Routing.Booked) Objects.requireNonNull(loop.heard)).booking();
    }

    private void assertNothingLeft() {
        for (var reason : WaitReason.values()) {
            assertThat(router.counts().waits().waiting(reason)).isZero();
        }
    }

    @Test
    void withItsTokensAChatGoesWhereEnginesSayThatItIs() {
        var waiting = askChat();
        assertThat(waiting.reason()).isEqualTo(WaitReason.TOKENS);
        assertThat(prompts.getFirst().model()).isEqualTo("m");
        searches.getFirst().accept(new TokenIds.Found(TokenSource.TOKENIZER, IDS));
        assertThat(loop.heard).isNull();
        loop.turn();
        var booking = booked();
        assertThat(booking.endpoint().spec().name()).isEqualTo("b");
        assertThat(booking.decision().cachedTokens()).isEqualTo(96);
        assertThat(booking.decision().prefixSource()).isEqualTo(PrefixSource.PRECISE);
        assertThat(booking.request().promptTokens()).isEqualTo(100);
        booking.finish(Outcome.COMPLETED);
        assertNothingLeft();
    }

    @Test
    void aSearchThatFailsIsCountedAndTheRequestGoesOn() {
        router.tokens((_, _) -> {
            throw new IllegalStateException("no tokens today");
        });
        var routing = ask("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
        ((Routing.Booked) routing).booking().finish(Outcome.COMPLETED);
        assertThat(router.tokenFailures()).isEqualTo(1);
        assertThat(CollectedMetrics.of(router::describe).value("kvasir_contained_failures_total{what=tokens}"))
                .isEqualTo(1);
        assertNothingLeft();
    }

    @Test
    void whereEventsDoNotTellTheReasonIsCounted() {
        var sink = router.counts();
        String longChat =
                "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"" + "hi, ".repeat(100) + "\"}]}";
        fixture.endpoint("b").replica().kvEvents(new KvEventReport("dialled", "complete", 1));
        var _ = ask(longChat);
        searches.getFirst().accept(TokenIds.Found.NOTHING);
        loop.turn();
        String picked = booked().endpoint().spec().name();
        booked().finish(Outcome.COMPLETED);
        assertThat(sink.fallbacks("no-tokens")).isEqualTo(picked.equals("b") ? 1 : 0);
        for (String name : List.of("a", "b")) {
            var tenancy = fixture.endpoint(name).tenancy();
            precise.coverage(tenancy, 0);
            fixture.endpoint(name).replica().kvEvents(new KvEventReport("dialled", "unconfirmed", 0));
        }
        var _ = ask(longChat);
        searches.getLast().accept(new TokenIds.Found(TokenSource.TOKENIZER, IDS));
        loop.turn();
        booked().finish(Outcome.COMPLETED);
        assertThat(sink.fallbacks("unconfirmed")).isEqualTo(1);
        assertThat(sink.prefixes(PrefixSource.APPROXIMATE)).isEqualTo(2);
        for (String name : List.of("a", "b")) {
            fixture.endpoint(name).replica().kvEvents(KvEventReport.NONE);
        }
        var _ = ask(longChat);
        searches.getLast().accept(TokenIds.Found.NOTHING);
        loop.turn();
        booked().finish(Outcome.COMPLETED);
        assertThat(CollectedMetrics.of(router::describe).value("kvasir_prefix_fallbacks_total{reason=unconfirmed}"))
                .isEqualTo(1);
        assertNothingLeft();
    }

    @Test
    void withoutThemItGoesOnAsTextAndIsNotRefused() {
        var _ = askChat();
        searches.getFirst().accept(TokenIds.Found.NOTHING);
        loop.turn();
        assertThat(booked().decision().cachedTokens()).isZero();
        booked().finish(Outcome.COMPLETED);
        router.tokens((_, _) -> false);
        var routing = ask("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
        assertThat(routing).isInstanceOf(Routing.Booked.class);
        ((Routing.Booked) routing).booking().finish(Outcome.COMPLETED);
        assertNothingLeft();
    }

    @Test
    void whoCannotWaitAnyLongerGoesOnWithWhatIsKnown() {
        var waiting = askChat();
        var decided = waiting.decideNow();
        assertThat(decided).isInstanceOf(Routing.Booked.class);
        searches.getFirst().accept(new TokenIds.Found(TokenSource.TOKENIZER, IDS));
        loop.turn();
        assertThat(loop.heard).isNull();
        ((Routing.Booked) decided).booking().finish(Outcome.COMPLETED);
        assertNothingLeft();
    }

    @Test
    void whoLeavesHearsNothingAndTokensOfOneRequestAreNeverAnothers() {
        var waiting = askChat();
        waiting.cancel();
        // its reading serves another request now
        var other = askChat();
        searches.getFirst().accept(new TokenIds.Found(TokenSource.TOKENIZER, IDS));
        loop.turn();
        assertThat(loop.heard).isNull();
        assertThat(router.counts().waits().cancelled(WaitReason.TOKENS)).isEqualTo(1);
        assertThat(other.reason()).isEqualTo(WaitReason.TOKENS);
        searches.getLast().accept(TokenIds.Found.NOTHING);
        loop.turn();
        assertThat(booked().decision().cachedTokens()).isZero();
        booked().finish(Outcome.COMPLETED);
        assertNothingLeft();
    }

    @Test
    void promptsOfTokenIdsDoNotWait() {
        loop.body = "{\"model\":\"m\",\"prompt\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]}"
                .getBytes(StandardCharsets.UTF_8);
        var reading = router.read(Dialect.COMPLETIONS);
        reading.feed(loop.body, 0, loop.body.length);
        var routing = router.route(reading, reading.finish(), RoutingHints.NONE, loop);
        assertThat(((Routing.Booked) routing).booking().decision().cachedTokens())
                .isEqualTo(16);
        assertThat(searches).isEmpty();
        ((Routing.Booked) routing).booking().finish(Outcome.COMPLETED);
    }

    @Test
    void whoeverTokenisesGetsTheBodyForTheModelThatItIsRoutedTo() {
        var hints = RoutingHints.builder().rewrite("m").build();
        loop.body = "{\"model\":\"alias\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
                .getBytes(StandardCharsets.UTF_8);
        var reading = router.read(Dialect.CHAT_COMPLETIONS);
        reading.feed(loop.body, 0, loop.body.length);
        var waiting = (Waiting) router.route(reading, reading.finish(), hints, loop);
        var text = new StringBuilder();
        for (ByteBuffer piece : Objects.requireNonNull(prompts.getFirst().body())) {
            text.append(StandardCharsets.UTF_8.decode(piece.duplicate()));
        }
        assertThat(text.toString()).startsWith("{\"model\":\"m\",");
        waiting.cancel();
    }
}
