package io.kvasir.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.pool.EndpointSpec;
import io.kvasir.prefix.CacheTier;
import io.kvasir.prefix.KeySchemes;
import io.kvasir.prefix.KeySource;
import io.kvasir.prefix.PrefixNamespace;
import io.kvasir.prefix.PrefixSource;
import io.kvasir.prefix.PromptKeyer;
import io.kvasir.prefix.PromptKeys;
import io.kvasir.prefix.StackedViews;
import io.kvasir.prefix.ToldView;
import io.kvasir.request.Dialect;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** More than one listener to a prompt, over views that know different schemes. */
class KeyListenerTest {
    private static final String PROMPT = "How many tokens fit into a block? ".repeat(40);
    private static final long NAMESPACE = PrefixNamespace.of("m", null, null);

    private final RouterFixture fixture = new RouterFixture(
            EndpointSpec.of("e1", "10.0.0.1", 8000),
            EndpointSpec.of("e2", "10.0.0.2", 8000),
            EndpointSpec.of("e3", "10.0.0.3", 8000));
    private final ToldView told = new ToldView();
    private final Router router = fixture.routerOver(new StackedViews(List.of(told, fixture.view), 0.5f));

    /** Every byte of content is a token: a tokenizer of the simplest kind. */
    private static final class Bytes implements KeySource {
        private final PromptKeyer keyer = new PromptKeyer();
        private boolean content;

        @Override
        public void reset(KeySchemes wanted) {
            keyer.reset(wanted);
            content = false;
        }

        @Override
        public void begin(Part part) {
            content = part == Part.TEXT;
        }

        @Override
        public void text(byte[] bytes, int offset, int length) {
            for (int i = offset; content && i < offset + length; i++) {
                keyer.token(bytes[i]);
            }
        }

        @Override
        public void token(int id) {
            keyer.token(id);
        }

        @Override
        public void end(Part part) {
            content = false;
        }

        @Override
        public PromptKeys finish() {
            return keyer.finish();
        }
    }

    private Booking booked(String prompt) {
        var routing = RouterFixture.route(router, RouterFixture.chat("m", prompt));
        assertThat(routing).isInstanceOf(Routing.Booked.class);
        return ((Routing.Booked) routing).booking();
    }

    private void holds(String endpoint) {
        var holder = fixture.endpoint(endpoint);
        told.engine(holder.tenancy(), 64, 1);
        told.stored(NAMESPACE, holder.ordinal(), CacheTier.GPU, PROMPT.chars().toArray());
    }

    @Test
    void aTokenizerBesideTheKeyerHasAPreciseViewAnswer() {
        router.listen(new KeyListener(Bytes::new, Long.MAX_VALUE));
        holds("e2");
        var booking = booked(PROMPT);
        assertThat(booking.endpoint().spec().name()).isEqualTo("e2");
        assertThat(booking.decision().prefixSource()).isEqualTo(PrefixSource.PRECISE);
        assertThat(booking.decision().cachedTokens()).isPositive();
        assertThat(router.counts().prefixes(PrefixSource.PRECISE)).isEqualTo(1);
        assertThat(router.counts().prefixes(PrefixSource.APPROXIMATE)).isZero();

        booking.firstToken();
        booking.usage(1_360, 1_000, 5);
        booking.finish(Outcome.COMPLETED);
        assertThat(told.heard)
                .anyMatch(line -> line.startsWith("observed PRECISE"))
                .endsWith("finished 5");
        assertThat(router.prompts().failed()).isZero();
    }

    @Test
    void anExplanationNamesTheViewThatAnswered() {
        router.listen(new KeyListener(Bytes::new, Long.MAX_VALUE));
        holds("e2");
        var reading = router.read(Dialect.CHAT_COMPLETIONS);
        byte[] body = RouterFixture.chat("m", PROMPT);
        reading.feed(body, 0, body.length);
        var explained = router.explain(reading, reading.finish(), RoutingHints.NONE);
        reading.abandon();
        assertThat(explained.explanation().candidates())
                .extracting(candidate -> candidate.endpoint() + " " + candidate.prefixSource() + " "
                        + (candidate.cachedTokens() > 0) + " " + candidate.confidence())
                .containsExactlyInAnyOrder(
                        "e1 APPROXIMATE false 0.8", "e2 PRECISE true 1.0", "e3 APPROXIMATE false 0.8");
    }

    @Test
    void withoutATokenizerTheApproximateViewAnswersForText() {
        holds("e2");
        var first = booked(PROMPT);
        first.firstToken();
        first.finish(Outcome.COMPLETED);
        var second = booked(PROMPT);
        assertThat(second.decision().prefixSource()).isEqualTo(PrefixSource.APPROXIMATE);
        assertThat(second.endpoint().spec().name())
                .isEqualTo(first.endpoint().spec().name());
        assertThat(second.decision().cachedTokens()).isPositive();
    }

    @Test
    void aListenerThatFailsCostsItsKeysAndNothingElse() {
        router.listen(new KeyListener(() -> new Failing(Failing.At.TEXT), Long.MAX_VALUE));
        router.listen(new KeyListener(() -> new Failing(Failing.At.FINISH), Long.MAX_VALUE));
        router.listen(new KeyListener(() -> new Failing(Failing.At.RESET), Long.MAX_VALUE));
        holds("e2");
        var booking = booked(PROMPT);
        assertThat(booking.decision().prefixSource()).isEqualTo(PrefixSource.APPROXIMATE);
        booking.finish(Outcome.COMPLETED);
        assertThat(booked(PROMPT).decision().cachedTokens()).isPositive();
        assertThat(router.prompts().failed()).isEqualTo(6);
    }

    /** Fails at one of the three. */
    private record Failing(At at) implements KeySource {
        enum At {
            RESET,
            TEXT,
            FINISH
        }

        private void reached(At here) {
            if (at == here) {
                throw new IllegalStateException("a listener that throws at " + at);
            }
        }

        @Override
        public void reset(KeySchemes wanted) {
            reached(At.RESET);
        }

        @Override
        public void begin(Part part) {}

        @Override
        public void text(byte[] bytes, int offset, int length) {
            reached(At.TEXT);
        }

        @Override
        public void token(int id) {}

        @Override
        public void end(Part part) {}

        @Override
        public PromptKeys finish() {
            reached(At.FINISH);
            return PromptKeys.NONE;
        }
    }

    @Test
    void aListenerHearsNoMoreThanItsBound() {
        router.listen(new KeyListener(Bytes::new, 700));
        holds("e2");
        byte[] body = RouterFixture.chat("m", PROMPT);
        var reading = router.read(Dialect.CHAT_COMPLETIONS);
        reading.feed(body, 0, body.length);
        reading.finish();
        assertThat(Objects.requireNonNull(reading.keys().of(told.schemes().all().getFirst()))
                        .promptTokens())
                .as("the role and as many bytes of text as are left")
                .isEqualTo(700 - 4);
        reading.abandon();
        assertThat(router.prompts().cut()).isEqualTo(1);
    }

    @Test
    void aBodyThatBeganBeforeASchemeWasWantedIsAnsweredByTheKeysItHas() {
        router.listen(new KeyListener(Bytes::new, Long.MAX_VALUE));
        byte[] body = RouterFixture.chat("m", PROMPT);
        var before = router.read(Dialect.CHAT_COMPLETIONS);
        before.feed(body, 0, 300);
        holds("e2");
        before.feed(body, 300, body.length - 300);
        var routing = router.route(before, before.finish(), RoutingHints.NONE);
        assertThat(((Routing.Booked) routing).booking().decision().prefixSource())
                .isEqualTo(PrefixSource.APPROXIMATE);
        assertThat(booked(PROMPT).decision().bestCachedTokens()).isPositive();
    }

    @Test
    void keysStayARequestsUntilItEnds() {
        var first = booked(PROMPT);
        for (int i = 0; i < 20; i++) {
            var other = booked("other " + i + " ".repeat(i) + "prompt ".repeat(200));
            other.firstToken();
            other.finish(Outcome.COMPLETED);
        }
        first.firstToken();
        first.finish(Outcome.COMPLETED);
        var again = booked(PROMPT);
        assertThat(again.decision().bestCachedTokens()).isGreaterThan(300);
        assertThat(again.endpoint().spec().name())
                .isEqualTo(first.endpoint().spec().name());
    }
}
