package io.kvasir.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.cost.ModelCatalogue;
import io.kvasir.cost.TimeModel;
import io.kvasir.pool.CacheConfig;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EngineStats;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.prefix.ApproximateView;
import io.kvasir.prefix.CacheTier;
import io.kvasir.prefix.PreciseView;
import io.kvasir.prefix.PrefixMatches;
import io.kvasir.prefix.PrefixSource;
import io.kvasir.prefix.PrefixView;
import io.kvasir.prefix.StackedViews;
import io.kvasir.prefix.StoredBlocks;
import io.kvasir.prefix.ToldView;
import io.kvasir.request.Dialect;
import io.kvasir.schedule.Policy;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Prompts of 8,000 tokens, and a cache that holds one of them and a half. */
class LostPromptsTest {
    private static final int TOKENS = 8_000;
    private static final long CACHE = 12_000;

    private final AtomicLong clock = new AtomicLong(1);
    private final Pool pool = new Pool(HardwareCatalogue.load());
    private final ApproximateView view = new ApproximateView(ApproximateView.Settings.DEFAULT, clock::get, 7);
    private final TimeModel time = new TimeModel(ModelCatalogue.load());
    private final SplittableRandom seeds = new SplittableRandom(3);
    private final Router router =
            new Router(pool, view, time, Policy.TIME.profile(time), RouterSettings.DEFAULT, clock::get, seeds::split);

    private Endpoint endpoint() {
        pool.apply(List.of(
                EndpointSpec.builder("e", "10.0.0.1", 80).kvTokens(CACHE).build()));
        var endpoint = pool.snapshot().at(0);
        view.capacity(endpoint.tenancy(), CACHE);
        return endpoint;
    }

    /** Asks for a prompt of that number and has it answered. */
    private void ask(int number) {
        ask(router, number);
    }

    private void ask(Router router, int number) {
        var words = String.format("%07d ", number).repeat(TOKENS / 2);
        ask(router, "{\"prompt\":\"" + words + "\",\"max_tokens\":16}");
    }

    private void ask(Router router, String json) {
        byte[] body = json.getBytes(StandardCharsets.UTF_8);
        var reading = router.read(Dialect.COMPLETIONS);
        reading.feed(body, 0, body.length);
        var booking = ((Routing.Booked) router.route(reading, reading.finish(), RoutingHints.NONE)).booking();
        booking.responseStarted(200);
        booking.firstToken();
        booking.finish(Outcome.COMPLETED);
        clock.addAndGet(1_000_000_000L);
    }

    @Test
    void aPromptThatIsAskedForAgainAfterOthersTookItsRoomMakesRoomDear() {
        var endpoint = endpoint();
        ask(1);
        ask(2);
        assertThat(endpoint.load().displacing()).isZero();

        ask(1);

        assertThat(endpoint.load().displacing()).isPositive();
    }

    @Test
    void promptsThatNobodyAsksForAgainMakeNoneDear() {
        var endpoint = endpoint();
        for (int i = 0; i < 20; i++) {
            ask(i);
        }

        assertThat(endpoint.load().displacing()).isZero();
    }

    @Test
    void aPromptThatIsStillThereWasNotGivenUp() {
        var endpoint = endpoint();
        for (int i = 0; i < 20; i++) {
            ask(1);
        }

        assertThat(endpoint.load().displacing()).isZero();
    }

    @Test
    void whatOneHeldWhoLeftIsNotMissedByWhoComesInItsPlace() {
        endpoint();
        ask(1);
        ask(2);
        pool.apply(List.of());
        pool.apply(List.of(
                EndpointSpec.builder("f", "10.0.0.2", 80).kvTokens(CACHE).build()));
        var next = pool.snapshot().at(0);
        assertThat(next.ordinal()).isZero();

        ask(1);

        assertThat(next.load().displacing()).isZero();
    }

    @Test
    void aCacheThatARestartEmptiedHasRoomAndHasGivenUpNothing() {
        var endpoint = endpoint();
        for (int i = 0; i < 6; i++) {
            ask(i % 2);
        }
        assertThat(endpoint.load().displacing()).isPositive();

        view.restarted(endpoint.tenancy());
        endpoint.load().cacheEmptied();
        assertThat(endpoint.load().displacing()).isZero();
        ask(1);
        assertThat(endpoint.load().displacing()).isZero();

        // full anew; but for the prompt that was lost by the restart, which it does not miss
        ask(0);
        assertThat(endpoint.load().displacing()).isBetween(0.5, 2.0);
    }

    @Test
    void aCacheThatKeepsNothingForLaterGivesUpNothing() {
        var endpoint = endpoint();
        endpoint.report(EngineStats.at(clock.get())
                .cache(new CacheConfig("sha256", false))
                .build());
        view.capacity(endpoint.tenancy(), 0);
        for (int i = 0; i < 10; i++) {
            ask(1);
        }

        assertThat(endpoint.load().displacing()).isZero();
    }

    @Test
    void whatCouldNotBeReadIsNotTakenForGivenUp() {
        var endpoint = endpoint();
        var told = new ToldView();
        told.engine(endpoint.tenancy(), 16, 1);
        var router = new Router(
                pool,
                new StackedViews(List.of(told, view), 0.5f),
                time,
                Policy.TIME.profile(time),
                RouterSettings.DEFAULT,
                clock::get,
                seeds::split);
        ask(router, 1);
        ask(router, 2);
        told.disturbed(true);
        ask(router, 1);
        double disturbed = endpoint.load().displacing();

        told.disturbed(false);
        ask(router, 2);

        // by what repeats alone, and then by what was lost
        assertThat(disturbed).isLessThan(0.5);
        assertThat(endpoint.load().displacing()).isGreaterThan(2 * disturbed);
    }

    @Test
    void theBlockOfAPromptsLastTokenIsComputedEachTimeAndNotGivenUp() {
        pool.apply(List.of(EndpointSpec.builder("e", "10.0.0.1", 80)
                .model("m")
                .kvTokens(2_200)
                .build()));
        var endpoint = pool.snapshot().at(0);
        var precise = new PreciseView(4, 1, clock::get);
        var cache = precise.cache(endpoint.tenancy(), 0, "m", false);
        var router = new Router(
                pool, precise, time, Policy.TIME.profile(time), RouterSettings.DEFAULT, clock::get, seeds::split);
        int[] prompt = IntStream.rangeClosed(1, 2 * LostPrompts.TOKENS).toArray();
        cache.stored(new StoredBlocks(
                CacheTier.GPU,
                false,
                0,
                LongStream.rangeClosed(1, prompt.length / 16).toArray(),
                prompt.length / 16,
                prompt,
                prompt.length,
                16,
                null,
                null,
                null));
        precise.coverage(endpoint.tenancy(), 1);
        ask(router, ids(IntStream.rangeClosed(5_001, 5_001 + prompt.length)));
        for (int i = 0; i < 20; i++) {
            ask(router, ids(IntStream.of(prompt)));
        }

        // by what repeats alone, which is nearly all
        assertThat(endpoint.load().displacing()).isBetween(1.0, 2.2);
    }

    @Test
    void whatIsHeldIsKnownThoughKeysMeasureThePromptOtherwise() {
        var endpoint = endpoint();
        // as where engines' tokens are longer than those that text is taken for
        var longer = (PrefixView) Proxy.newProxyInstance(
                PrefixView.class.getClassLoader(), new Class<?>[] {PrefixView.class}, (_, method, given) -> {
                    Object answer = method.invoke(view, given);
                    if (method.getName().equals("match")) {
                        var matches = (PrefixMatches) given[3];
                        matches.tokens()[0] /= 2;
                        matches.conclude(matches.outcome(), matches.promptTokens() / 2, PrefixSource.PRECISE);
                    }
                    return answer;
                });
        var router = new Router(
                pool, longer, time, Policy.TIME.profile(time), RouterSettings.DEFAULT, clock::get, seeds::split);
        ask(router, 1);
        for (int i = 0; i < 20; i++) {
            ask(router, 2);
        }

        assertThat(endpoint.load().displacing()).isBetween(1.0, 2.2);
    }

    private static String ids(IntStream ids) {
        return "{\"model\":\"m\",\"max_tokens\":16,\"prompt\":" + ids.boxed().toList() + "}";
    }
}
