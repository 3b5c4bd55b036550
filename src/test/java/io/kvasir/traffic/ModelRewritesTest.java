package io.kvasir.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.traffic.ModelRewrite.Rule;
import io.kvasir.traffic.ModelRewrite.Target;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ModelRewritesTest {
    private static final Instant OLD = Instant.parse("2026-01-01T00:00:00Z");
    private static final Instant NEW = OLD.plusSeconds(1);

    @Test
    void anExactRuleGoesBeforeAGenericOneOfAnOlderObject() {
        var rewrites = ModelRewrites.of(
                List.of(object("all", OLD, rule(List.of(), "base")), object("one", NEW, rule(List.of("a"), "tuned"))));

        assertThat(drawn(rewrites, "a")).isEqualTo("tuned");
        assertThat(drawn(rewrites, "b")).isEqualTo("base");
        assertThat(drawn(rewrites, null)).isEqualTo("base");
    }

    @Test
    void theOldestObjectCountsAndThenTheFirstRule() {
        var rewrites = ModelRewrites.of(List.of(
                object("young", NEW, rule(List.of("a"), "young"), rule(List.of(), "young-all")),
                object("old", OLD, rule(List.of("b", "a"), "first"), rule(List.of("a"), "second"))));

        assertThat(drawn(rewrites, "a")).isEqualTo("first");
        assertThat(drawn(rewrites, "b")).isEqualTo("first");
        assertThat(drawn(rewrites, "c")).isEqualTo("young-all");
    }

    @Test
    void objectsOfTheSameAgeGoByNameWhateverTheirOrder() {
        var x = object("x", OLD, rule(List.of(), "of-x"));
        var y = object("y", OLD, rule(List.of(), "of-y"));

        assertThat(drawn(ModelRewrites.of(List.of(x, y)), "a")).isEqualTo("of-x");
        assertThat(drawn(ModelRewrites.of(List.of(y, x)), "a")).isEqualTo("of-x");
    }

    @Test
    void targetsAreDrawnByTheirWeights() {
        var counts = draws(new Rule(List.of(), List.of(new Target("a", 1), new Target("b", 3))), 4000);

        assertThat(counts.get("a")).isBetween(900, 1100);
        assertThat(counts.get("b")).isBetween(2900, 3100);
    }

    @Test
    void targetsWithoutWeightsAreEquallyLikely() {
        var counts =
                draws(new Rule(List.of(), List.of(new Target("a", 0), new Target("b", 0), new Target("c", 0))), 3000);

        assertThat(counts.values()).allSatisfy(count -> assertThat(count).isBetween(900, 1100));
    }

    @Test
    void theGreatestWeightsDoNotOverflow() {
        var counts = draws(
                new Rule(List.of(), List.of(new Target("a", Integer.MAX_VALUE), new Target("b", Integer.MAX_VALUE))),
                2000);

        assertThat(counts.get("a")).isBetween(900, 1100);
    }

    @Test
    void besideWeightedTargetsOthersGetNothingAndThatIsWarnedOf() {
        var rule = new Rule(List.of(), List.of(new Target("a", 0), new Target("b", 5)));

        assertThat(draws(rule, 100)).isEqualTo(Map.of("b", 100));
        assertThat(ModelRewrites.of(List.of(object("mixed", OLD, rule))).warnings())
                .singleElement()
                .asString()
                .contains("mixed[0]", "without a weight");
    }

    @Test
    void aRuleWithoutATargetIsIgnoredAndWarnedOf() {
        var rewrites = ModelRewrites.of(List.of(
                object("empty", OLD, new Rule(List.of("a"), List.of(new Target(" ", 1)))),
                object("next", NEW, rule(List.of("a"), "b"))));

        assertThat(drawn(rewrites, "a")).isEqualTo("b");
        assertThat(rewrites.warnings()).singleElement().asString().contains("empty[0]", "no target");
    }

    @Test
    void aRuleIsKnownByItsObjectAndPlace() {
        var rewrites =
                ModelRewrites.of(List.of(object("canary", OLD, rule(List.of("a"), "b"), rule(List.of("c"), "d"))));

        assertThat(rewrites.ruleFor("c"))
                .isNotNull()
                .extracting(RewriteRule::label)
                .isEqualTo("canary[1]");
        assertThat(rewrites.ruleFor("e")).isNull();
    }

    private static ModelRewrite object(String name, Instant created, Rule... rules) {
        return new ModelRewrite(name, created, List.of(rules));
    }

    private static Rule rule(List<String> models, String target) {
        return new Rule(models, List.of(new Target(target, 0)));
    }

    private static @Nullable String drawn(ModelRewrites rewrites, @Nullable String model) {
        var rule = rewrites.ruleFor(model);
        return rule == null ? null : rule.draw(new Random(1));
    }

    private static Map<String, Integer> draws(Rule rule, int times) {
        var ready = Objects.requireNonNull(
                ModelRewrites.of(List.of(object("x", OLD, rule))).ruleFor(null));
        var random = new Random(7);
        var counts = new HashMap<String, Integer>();
        for (int i = 0; i < times; i++) {
            counts.merge(ready.draw(random), 1, Integer::sum);
        }
        return counts;
    }
}
