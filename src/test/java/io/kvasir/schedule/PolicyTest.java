package io.kvasir.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.cost.DecodeWeight;
import io.kvasir.cost.ModelCatalogue;
import io.kvasir.cost.TimeModel;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EndpointSpecs;
import io.kvasir.pool.EngineStats;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.pool.Role;
import io.kvasir.request.BodyScanner;
import io.kvasir.request.Dialect;
import io.kvasir.request.PromptSink;
import io.kvasir.request.Request;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Policies put together from the registry decide as the same plug-ins do when they are put together by hand. */
class PolicyTest {
    private static final long NOW = 1_000_000;

    private final TimeModel time = new TimeModel(ModelCatalogue.load());

    private static Profile.Weighted weighted(double weight, Scorer scorer) {
        return new Profile.Weighted(scorer, weight);
    }

    private static List<Filter> standing(Filter... more) {
        var filters = new ArrayList<Filter>(List.of(
                new ModelFilter(),
                RoleFilter.decode(),
                new ContextLimitFilter(),
                new HealthFilter(),
                new ContextFitFilter()));
        filters.addAll(List.of(more));
        return filters;
    }

    private Profile byHand(Policy policy) {
        return switch (policy) {
            case TIME ->
                new Profile(
                        "time",
                        standing(),
                        List.of(weighted(1, new TimeScorer(time, DecodeWeight.USUAL))),
                        new MaxScorePicker(0.001));
            case LEAST_LOAD ->
                new Profile(
                        "least-load",
                        standing(),
                        List.of(weighted(1, new LeastLoadScorer())),
                        new MaxScorePicker(1e-9));
            case PREFIX_LOAD ->
                new Profile(
                        "prefix-load",
                        standing(),
                        List.of(
                                weighted(2, new QueueScorer()),
                                weighted(2, new KvUtilisationScorer()),
                                weighted(3, new PrefixScorer())),
                        new MaxScorePicker(1e-9));
            case PREFIX_AFFINITY ->
                new Profile(
                        "prefix-affinity",
                        standing(new PrefixAffinityFilter(time, 0.8, 18)),
                        List.of(weighted(1, new TokenLoadScorer(4_194_304))),
                        new MaxScorePicker(1e-9));
            case ROUND_ROBIN -> new Profile("round-robin", standing(), List.of(), new RoundRobinPicker());
        };
    }

    private Profile prefillByHand(Policy policy) {
        return switch (policy) {
            case TIME ->
                new Profile(
                        "time-prefill",
                        List.of(),
                        List.of(weighted(1, new PrefillTimeScorer(time))),
                        new MaxScorePicker(0.001));
            case LEAST_LOAD ->
                new Profile(
                        "least-load-prefill",
                        List.of(),
                        List.of(weighted(1, new LeastLoadScorer())),
                        new MaxScorePicker(1e-9));
            case PREFIX_LOAD ->
                new Profile(
                        "prefix-load-prefill",
                        List.of(),
                        List.of(weighted(2, new PrefixScorer()), weighted(1, new QueueScorer())),
                        new MaxScorePicker(1e-9));
            case PREFIX_AFFINITY ->
                new Profile(
                        "prefix-affinity-prefill",
                        List.of(new PrefixAffinityFilter(time, 0.8, 18)),
                        List.of(weighted(1, new TokenLoadScorer(4_194_304))),
                        new MaxScorePicker(1e-9));
            case ROUND_ROBIN -> new Profile("round-robin-prefill", List.of(), List.of(), new RoundRobinPicker());
        };
    }

    @ParameterizedTest
    @EnumSource
    void decisionsOverRandomPoolsAreThoseOfTheProfileMadeByHand(Policy policy) {
        same(policy.profile(time), byHand(policy));
        same(policy.prefillProfile(time), prefillByHand(policy));
    }

    private static void same(Profile one, Profile other) {
        assertThat(one.name()).isEqualTo(other.name());
        var random = new SplittableRandom(7);
        var first = new SchedulingContext(new SplittableRandom(1));
        var second = new SchedulingContext(new SplittableRandom(1));
        for (int round = 0; round < 300; round++) {
            var pool = pool(random);
            int[] cached = random.ints(pool.snapshot().slots(), 0, 400).toArray();
            var request = request(random);
            begin(first, request, pool, cached);
            begin(second, request, pool, cached);

            assertThat(one.run(first, null)).isEqualTo(other.run(second, null));
        }
    }

    /** Up to nine replicas of unlike hardware and load, some with metrics pages that are too old to count. */
    private static Pool pool(RandomGenerator random) {
        var products = List.of("NVIDIA-H200", "NVIDIA-H100", "AMD-Instinct-MI350X", "NVIDIA-L4");
        var specs = new ArrayList<EndpointSpec>();
        for (int i = 0; i <= random.nextInt(9); i++) {
            specs.add(EndpointSpecs.of("e" + i, i, Role.BOTH, products.get(random.nextInt(products.size()))));
        }
        var pool = new Pool(HardwareCatalogue.load());
        pool.apply(specs);
        for (var endpoint : pool.snapshot().endpoints()) {
            for (int i = 0; i < random.nextInt(4); i++) {
                endpoint.load().place(random.nextInt(1000), random.nextInt(1000));
            }
            if (random.nextInt(4) > 0) {
                endpoint.report(EngineStats.at(random.nextInt(3) == 0 ? NOW - 10_000 : NOW)
                        .running(random.nextInt(8))
                        .waiting(random.nextInt(4))
                        .kvUsage(random.nextDouble())
                        .blocks(16, 10_000)
                        .asleep(random.nextInt(12) == 0)
                        .build());
            }
        }
        return pool;
    }

    private static Request request(RandomGenerator random) {
        var scanner = new BodyScanner();
        scanner.reset(Dialect.CHAT_COMPLETIONS, PromptSink.NONE);
        byte[] body = ("{\"model\":\"llama-3.1-8b\",\"max_tokens\":" + (1 + random.nextInt(500))
                        + ",\"messages\":[{\"role\":\"user\",\"content\":\"" + "word".repeat(random.nextInt(800))
                        + "\"}]}")
                .getBytes(StandardCharsets.UTF_8);
        scanner.feed(body, 0, body.length);
        scanner.finish();
        return scanner.request();
    }

    private static void begin(SchedulingContext context, Request request, Pool pool, int[] cached) {
        context.begin(request, "llama-3.1-8b", pool.snapshot(), null, NOW, 5_000, 256);
        context.matches().reset(cached.length);
        System.arraycopy(cached, 0, context.matches().tokens(), 0, cached.length);
    }
}
