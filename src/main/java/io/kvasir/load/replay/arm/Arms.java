package io.kvasir.load.replay.arm;

import io.kvasir.admission.flow.FlowSettings;
import io.kvasir.cost.DecodeWeight;
import io.kvasir.cost.TimeModel;
import io.kvasir.load.replay.ArmContext;
import io.kvasir.load.replay.ReplayArm;
import io.kvasir.schedule.Policy;
import io.kvasir.schedule.Profile;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** All arms, by name. */
public final class Arms {
    /** An arm and what makes its choosers. */
    private record Made(
            String name,
            String source,
            boolean tellsSlo,
            @Nullable FlowSettings flow,
            Function<ArmContext, ReplayArm.Chooser> maker)
            implements ReplayArm {
        @Override
        public Chooser start(ArmContext context) {
            return maker.apply(context);
        }
    }

    private static final List<ReplayArm> ALL = List.of(
            held(policy("kvasir", "the default, --policy time and flow control: docs/architecture.md", Policy.TIME)),
            told(held(policy("kvasir-slo", "the default, where requests tell how fast is fast enough", Policy.TIME))),
            policy("kvasir-unheld", "the default without flow control, --flow-control false", Policy.TIME),
            weighted("kvasir-decode-0", "the default, decoding not counted", 0),
            weighted("kvasir-decode-0.05", "the default, a second of decoding counted half of what it does", 0.05),
            weighted("kvasir-decode-0.15", "the default, a second of decoding counted 1.5 times what it does", 0.15),
            weighted("kvasir-decode-0.3", "the default, a second of decoding counted three times what it does", 0.3),
            weighted("kvasir-decode-1", "the default, a second of decoding counted like one of waiting", 1),
            even(0),
            even(0.02),
            timed(
                    "kvasir-spread-0.3",
                    "the default, chance deciding among costs that the usual error does not tell apart",
                    Map.of("spread", 0.3)),
            held(policy(
                    "kvasir-affinity",
                    "--policy prefix-affinity: sticks to holders at each class's own rate",
                    Policy.PREFIX_AFFINITY)),
            policy("round-robin", "in turn", Policy.ROUND_ROBIN),
            formula(
                    "least-load",
                    "fewest requests in flight: AIBrix least-request, Dynamo least_loaded",
                    LeastRequests::new),
            policy("weighted-least-load", "sequences over capacity, --policy least-load", Policy.LEAST_LOAD),
            policy(
                    "llm-d-2-2-3",
                    "llm-d-router without a configuration: queue 2, KV utilisation 2, prefix 3",
                    Policy.PREFIX_LOAD),
            profile(
                    "kserve-default",
                    "what KServe's controller writes: queue 2, KV utilisation 2, prefix 3, new prefixes 2",
                    time -> Policy.standing("kserve-default", time)
                            .add("queue-scorer", 2, Map.of())
                            .add("kv-cache-utilization-scorer", 2, Map.of())
                            .add("prefix-cache-scorer", 3, Map.of())
                            .add("no-hit-lru-scorer", 2, Map.of())
                            .build()),
            formula(
                    "llm-d-sticky",
                    "llm-d-router's guides since 2026-08: sticky until saturated",
                    StickyUntilSaturated::new),
            formula("dynamo", "Dynamo's additive cost: docs/components/router/router-concepts.md", DynamoCost::new),
            rule("dynamo-two-tier", "dynamo-two-tier-cost-fn: ai-dynamo/dynamo#14498", DynamoTwoTier::new),
            rule("smg-cache-aware", "SMG cache_aware: model_gateway/src/policies/cache_aware.rs", SmgCacheAware::new),
            formula("smg-least-load", "SMG least_load: model_gateway/src/policies/least_load.rs", SmgLeastLoad::new),
            rule("aibrix-prefix-cache", "AIBrix prefix-cache: pkg/plugins/gateway/algorithms", AibrixPrefixCache::new),
            rule("preble", "Preble E2: arXiv 2407.00023", Preble::new),
            formula("lmetric", "LMetric: arXiv 2603.15202", LMetric::new),
            told(formula("just-enough", "the slowest replica that still meets the SLO", JustEnough::new)),
            made(
                    "learned-reward",
                    "a regression that learns in the run",
                    context -> new LearnedReward("learned-reward", context.time(), context.random())),
            informed(
                    "informed-greedy",
                    "knows caches, rates and lengths; decoding counted as by the default",
                    DecodeWeight.USUAL),
            informed(
                    "informed-greedy-tenth",
                    "knows caches, rates and lengths; every second of decoding counted a tenth",
                    new DecodeWeight(0.1, 0)),
            informed(
                    "informed-greedy-e2e",
                    "knows caches, rates and lengths; all seconds count alike",
                    new DecodeWeight(1, 0)));

    private Arms() {}

    private static Made made(String name, String source, Function<ArmContext, ReplayArm.Chooser> maker) {
        return new Made(name, source, false, null, maker);
    }

    /** The same arm over requests that tell their SLO. */
    private static ReplayArm told(Made arm) {
        return new Made(arm.name(), arm.source(), true, arm.flow(), arm.maker());
    }

    /** The same arm, where requests wait as they do by default. */
    private static Made held(Made arm) {
        return new Made(arm.name(), arm.source(), arm.tellsSlo(), FlowSettings.DEFAULT, arm.maker());
    }

    private static Made profile(String name, String source, Function<TimeModel, Profile> profiles) {
        return made(name, source, context -> {
            var profile = profiles.apply(context.time());
            return () -> profile;
        });
    }

    private static Made policy(String name, String source, Policy policy) {
        return profile(name, source, policy::profile);
    }

    private static ReplayArm weighted(String name, String source, double decodeWeight) {
        return timed(name, source, Map.of("decodeWeight", decodeWeight, "evenWeight", decodeWeight / 10));
    }

    private static ReplayArm even(double weight) {
        return timed(
                "kvasir-even-" + weight,
                "the default, a second of decoding counted " + weight + " at least",
                Map.of("evenWeight", weight));
    }

    /** The default with other parameters. */
    private static ReplayArm timed(String name, String source, Map<String, ?> parameters) {
        return held(profile(
                name,
                source,
                time -> Policy.standing(name, time)
                        .add("time-scorer", 1, parameters)
                        .add("max-score-picker", 1, Map.of("tolerance", 0.001))
                        .build()));
    }

    private interface FormulaMaker {
        Formula make(String name, TimeModel time);
    }

    private static Made formula(String name, String source, FormulaMaker maker) {
        return made(name, source, context -> maker.make(name, context.time()));
    }

    private interface RuleMaker {
        Candidate make(String name, TimeModel time, RandomGenerator random);
    }

    private static ReplayArm rule(String name, String source, RuleMaker maker) {
        return made(name, source, context -> maker.make(name, context.time(), context.random()));
    }

    private static ReplayArm informed(String name, String source, DecodeWeight weight) {
        return made(name, source, context -> new InformedGreedy(name, context.time(), context.truth(), weight));
    }

    /** Every arm, Kvasir's own first. */
    public static List<ReplayArm> all() {
        return ALL;
    }

    /**
     * The arm of that name.
     *
     * @throws IllegalArgumentException if there is none, naming those that there are
     */
    public static ReplayArm named(String name) {
        return ALL.stream()
                .filter(arm -> arm.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("arm: bad value \"" + name + "\"; allowed: "
                        + String.join(", ", ALL.stream().map(ReplayArm::name).toList())));
    }
}
