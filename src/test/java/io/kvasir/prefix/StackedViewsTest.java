package io.kvasir.prefix;

import static io.kvasir.prefix.PrefixSource.APPROXIMATE;
import static io.kvasir.prefix.PrefixSource.PRECISE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvasir.pool.Tenancy;
import io.kvasir.prefix.ApproximateView.Settings;
import io.kvasir.prefix.PrefixMatches.Outcome;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StackedViewsTest {
    private static final long NAMESPACE = PrefixNamespace.of("model", null, null);
    private static final int ENDPOINTS = 4;
    private static final int[] IDS = IntStream.range(500, 756).toArray();

    private long now = 1;
    private final ToldView told = new ToldView();
    private final ApproximateView approximate =
            new ApproximateView(new Settings(ENDPOINTS, 4, 100_000, Duration.ofMinutes(10), 0.8f), () -> now, 1);
    private final StackedViews stack = new StackedViews(List.of(told, approximate), 0.5f);
    private final PrefixMatches answer = new PrefixMatches();

    private PromptKeys ids(int... ids) {
        return KeyedPrompts.of(stack.schemes(), sink -> KeyedPrompts.tokens(sink, ids));
    }

    private void match(PromptKeys keys) {
        stack.match(NAMESPACE, keys, ENDPOINTS, answer);
    }

    private List<PrefixSource> sources() {
        return IntStream.range(0, ENDPOINTS).mapToObj(answer::source).toList();
    }

    private int[] tokens() {
        return Arrays.copyOf(answer.tokens(), ENDPOINTS);
    }

    @Test
    void eachEndpointIsAnsweredByTheFirstViewThatIsSureOfIt() {
        told.engine(1, 64, 1);
        told.engine(2, 32, 0.4f);
        told.engine(3, 128, 0.9f);
        var keys = ids(IDS);
        for (int o = 0; o < 3; o++) {
            stack.routed(NAMESPACE, keys, o, 0);
        }
        told.stored(NAMESPACE, 1, CacheTier.GPU, Arrays.copyOf(IDS, 200));
        told.stored(NAMESPACE, 2, CacheTier.GPU, Arrays.copyOf(IDS, 64));
        told.stored(NAMESPACE, 3, CacheTier.GPU, Arrays.copyOf(IDS, 200));
        match(keys);
        assertThat(answer.outcome()).isEqualTo(Outcome.ANSWERED);
        assertThat(answer.promptTokens()).isEqualTo(256);
        assertThat(tokens()).containsExactly(256, 192, 256, 128);
        assertThat(sources()).containsExactly(APPROXIMATE, PRECISE, APPROXIMATE, PRECISE);
        assertThat(answer.confidence(1)).isEqualTo(1);
        assertThat(answer.confidence(2)).isEqualTo(0.8f);
    }

    @Test
    void tiersOfAnotherMeasureAreTogetherWhatThereIs() {
        answer.reset(1);
        answer.conclude(Outcome.ANSWERED, 100, APPROXIMATE);
        var other = new PrefixMatches();
        other.reset(1);
        other.tokens()[0] = 2;
        other.confidence()[0] = 1;
        other.further(0, 1, 1);
        other.conclude(Outcome.ANSWERED, 200, PRECISE);

        answer.complete(other, 0.5f);

        assertThat(answer.tokens(0)).isEqualTo(1);
        int sum = 0;
        for (var tier : CacheTier.values()) {
            assertThat(answer.tokens(0, tier)).as(tier.name()).isBetween(0, 1);
            sum += answer.tokens(0, tier);
        }
        assertThat(sum).isEqualTo(1);
    }

    @Test
    void whereNoViewIsSureTheSurestAnswers() {
        told.engine(0, 64, 0.3f);
        told.engine(1, 64, 0.1f);
        told.stored(NAMESPACE, 0, CacheTier.GPU, IDS);
        var keys = ids(IDS);
        for (int o = 0; o < 2; o++) {
            var use = stack.routed(NAMESPACE, keys, o, 0);
            for (int i = 0; i < 14; i++) {
                use.observed(APPROXIMATE, 256, 0);
            }
        }
        match(keys);
        assertThat(answer.confidence(1)).isBetween(0.1f, 0.3f);
        assertThat(sources().subList(0, 2)).containsExactly(PRECISE, APPROXIMATE);
        assertThat(tokens()).startsWith(256, 256);
    }

    @Test
    void aPromptOfAnUnknownSchemeIsAnsweredByTheViewThatKnowsIt() {
        told.engine(0, 64, 1);
        var text = KeyedPrompts.ofText(new byte[6_400]);
        stack.routed(NAMESPACE, text, 0, 0);
        match(text);
        assertThat(answer.outcome()).isEqualTo(Outcome.ANSWERED);
        assertThat(tokens()).containsExactly(1_600, 0, 0, 0);
        assertThat(sources()).containsOnly(APPROXIMATE);
        told.match(NAMESPACE, text, ENDPOINTS, answer);
        assertThat(answer.outcome()).isEqualTo(Outcome.NO_KEYS);
        match(PromptKeys.NONE);
        assertThat(answer.outcome()).isEqualTo(Outcome.NO_KEYS);
    }

    @Test
    void answersOfDifferentSchemesAreInOneMeasureOfThePrompt() {
        told.engine(0, 64, 1);
        var text = KeyedPrompts.ofText(new byte[6_400]);
        // as a tokenizer counts what 4 bytes a token make 1,600 of
        int[] exact = IntStream.range(0, 1_024).toArray();
        var keys = text.and(ids(exact));
        told.stored(NAMESPACE, 0, CacheTier.GPU, Arrays.copyOf(exact, 512));
        stack.routed(NAMESPACE, KeyedPrompts.ofText(new byte[3_200]), 1, 0);
        match(keys);
        assertThat(answer.promptTokens()).isEqualTo(1_024);
        assertThat(tokens()).containsExactly(512, 512, 0, 0);
    }

    @Test
    void tiersOfOneViewStandBesideAnothersAnswers() {
        told.engine(0, 64, 1);
        told.engine(1, 64, 0.2f);
        told.stored(NAMESPACE, 0, CacheTier.GPU, Arrays.copyOf(IDS, 128));
        told.stored(NAMESPACE, 0, CacheTier.CPU, Arrays.copyOf(IDS, 192));
        told.stored(NAMESPACE, 0, CacheTier.STORAGE, IDS);
        told.stored(NAMESPACE, 1, CacheTier.STORAGE, IDS);
        var keys = ids(IDS);
        stack.routed(NAMESPACE, keys, 1, 0);
        match(keys);
        assertThat(Map.of(
                        CacheTier.GPU, answer.tokens(0, CacheTier.GPU),
                        CacheTier.CPU, answer.tokens(0, CacheTier.CPU),
                        CacheTier.STORAGE, answer.tokens(0, CacheTier.STORAGE)))
                .isEqualTo(Map.of(CacheTier.GPU, 128, CacheTier.CPU, 64, CacheTier.STORAGE, 64));
        assertThat(answer.tokens(1, CacheTier.GPU)).isEqualTo(256);
        assertThat(answer.tokens(1, CacheTier.STORAGE)).isZero();
        approximate.match(NAMESPACE, keys, ENDPOINTS, answer);
        assertThat(answer.tokens(0, CacheTier.CPU)).isZero();
    }

    @Test
    void restartsRemovalsAndTenanciesReachEveryView() {
        long old = Tenancy.of(0, 7);
        long next = Tenancy.of(0, 8);
        told.engine(old, 64, 1);
        told.stored(NAMESPACE, 0, CacheTier.GPU, IDS);
        var keys = ids(IDS);
        var use = stack.routed(NAMESPACE, keys, old, 0);
        stack.restarted(old);
        match(keys);
        assertThat(answer.tokens(0)).isZero();
        assertThat(answer.source(0)).isEqualTo(PRECISE);
        approximate.match(NAMESPACE, keys, ENDPOINTS, answer);
        assertThat(answer.tokens(0)).isZero();

        stack.removed(old);
        told.engine(next, 64, 1);
        told.stored(NAMESPACE, 0, CacheTier.GPU, IDS);
        stack.routed(NAMESPACE, keys, next, 0);
        use.finished(10);
        stack.removed(old);
        stack.restarted(old);
        match(keys);
        assertThat(answer.tokens(0)).isEqualTo(256);
        approximate.match(NAMESPACE, keys, ENDPOINTS, answer);
        assertThat(answer.tokens(0)).isEqualTo(256);
        assertThat(stack.stats().getLast().late()).isEqualTo(3);
    }

    @Test
    void capacityAndSweepingReachEveryViewAndFiguresComeOfEach() {
        told.engine(0, 64, 1);
        told.stored(NAMESPACE, 0, CacheTier.GPU, IDS);
        PrefixView view = stack;
        var keys = ids(IDS);
        view.routed(NAMESPACE, keys, 1, 0);
        view.capacity(1, 64);
        view.sweep();
        assertThat(told.heard).containsExactly("routed 1", "capacity 1 64", "sweep");
        assertThat(view.stats()).extracting(ViewStats::source).containsExactly(PRECISE, APPROXIMATE);
        assertThat(view.stats().stream().map(stats -> stats.index().replicas())).containsExactly(4L, 4L);
        match(keys);
        assertThat(answer.tokens(1)).isEqualTo(64);
        now += TimeUnit.MINUTES.toNanos(11);
        view.sweep();
        match(keys);
        assertThat(answer.tokens(1)).isZero();
        assertThat(view.failures()).isZero();
    }

    @Test
    void whatAnEngineFoundIsHeldAgainstTheViewThatPredictedIt() {
        told.engine(0, 64, 1);
        var keys = ids(IDS);
        var use = stack.routed(NAMESPACE, keys, 0, 0);
        for (int i = 0; i < 50; i++) {
            use.observed(PRECISE, 256, 0);
        }
        use.withdrawn();
        approximate.match(NAMESPACE, keys, ENDPOINTS, answer);
        assertThat(answer.confidence(0)).isEqualTo(0.8f);
        assertThat(told.heard).contains("observed PRECISE 256 0").endsWith("withdrawn");
    }

    @Test
    void schemesFollowTheViewsWhilePromptsAreInProgress() {
        told.engine(0, 64, 1);
        told.stored(NAMESPACE, 0, CacheTier.GPU, IDS);
        var schemes = stack.schemes();
        assertThat(stack.schemes()).isSameAs(schemes);
        assertThat(schemes.all())
                .containsExactly(KeyScheme.Text.FINEST, KeyScheme.Tokens.FINEST, new KeyScheme.Tokens(64));
        var before = ids(IDS);
        told.engine(1, 128, 1);
        told.stored(NAMESPACE, 1, CacheTier.GPU, IDS);
        assertThat(stack.schemes().all()).contains(new KeyScheme.Tokens(128));
        stack.routed(NAMESPACE, before, 1, 0);
        match(before);
        assertThat(tokens()).startsWith(256, 256);
        assertThat(sources()).startsWith(PRECISE, APPROXIMATE);
        match(ids(IDS));
        assertThat(sources()).startsWith(PRECISE, PRECISE);
    }

    @Test
    void aViewThatKnowsNoEndpointIsNotAsked() {
        var idle = (PrefixView) Proxy.newProxyInstance(
                PrefixView.class.getClassLoader(), new Class<?>[] {PrefixView.class}, (_, method, arguments) -> {
                    if (method.getName().equals("knowsAny")) {
                        return false;
                    }
                    assertThat(method.getName()).isNotEqualTo("match");
                    return method.invoke(told, arguments);
                });
        var over = new StackedViews(List.of(idle, approximate), 0.5f);
        var keys = ids(IDS);
        over.routed(NAMESPACE, keys, 1, 0);
        over.match(NAMESPACE, keys, ENDPOINTS, answer);
        assertThat(answer.outcome()).isEqualTo(Outcome.ANSWERED);
        assertThat(tokens()).containsExactly(0, 256, 0, 0);
        assertThat(sources()).containsOnly(APPROXIMATE);
    }

    @Test
    void aViewThatFailsCostsItsAnswerAndNothingElse() {
        var broken = (PrefixView) Proxy.newProxyInstance(
                PrefixView.class.getClassLoader(), new Class<?>[] {PrefixView.class}, (_, method, arguments) -> {
                    if (method.getName().equals("schemes") || method.getName().equals("failures")) {
                        return method.invoke(told, arguments);
                    }
                    throw new IllegalStateException("a view that throws");
                });
        var over = new StackedViews(List.of(broken, approximate), 0.5f);
        var keys = ids(IDS);
        over.capacity(1, 1_000);
        var use = over.routed(NAMESPACE, keys, 1, 0);
        over.match(NAMESPACE, keys, ENDPOINTS, answer);
        assertThat(answer.outcome()).isEqualTo(Outcome.ANSWERED);
        assertThat(tokens()).containsExactly(0, 256, 0, 0);
        assertThat(sources()).containsOnly(APPROXIMATE);
        use.finished(0);
        over.restarted(1);
        over.removed(2);
        over.sweep();
        assertThat(over.stats()).extracting(ViewStats::source).containsExactly(APPROXIMATE);
        assertThat(over.failures()).isEqualTo(8);
        assertThat(approximate.heldTokens(1)).isZero();
    }

    @Test
    void whatKeepsChangingIsAnsweredByTheNextView() {
        var keys = ids(IDS);
        stack.routed(NAMESPACE, keys, 1, 0);
        var upper = new PrefixMatches();
        var lower = new PrefixMatches();
        upper.reset(ENDPOINTS);
        upper.disturb(1);
        upper.conclude(Outcome.CONTENDED, 300, PRECISE);
        approximate.match(NAMESPACE, keys, ENDPOINTS, lower);
        upper.complete(lower, 0.5f);
        assertThat(upper.outcome()).isEqualTo(Outcome.ANSWERED);
        assertThat(upper.tokens(1)).isEqualTo(256);
        assertThat(upper.promptTokens()).isEqualTo(256);
        assertThat(upper.isDisturbed(1)).isTrue();
        assertThat(upper.isDisturbed(0)).isFalse();

        upper.reset(ENDPOINTS);
        upper.conclude(Outcome.NO_KEYS, 0, PRECISE);
        lower.reset(ENDPOINTS);
        lower.conclude(Outcome.CONTENDED, 300, APPROXIMATE);
        upper.complete(lower, 0.5f);
        assertThat(upper.outcome()).isEqualTo(Outcome.CONTENDED);
        assertThat(upper.promptTokens()).isEqualTo(300);
    }

    @Test
    void badStacksAreRefused() {
        assertThatThrownBy(() -> new StackedViews(List.of(), 0.5f)).hasMessage("no views");
        assertThatThrownBy(() -> new StackedViews(List.of(told), 0)).hasMessage("sure 0.0 is not in 0..1");
    }
}
