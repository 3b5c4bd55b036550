package io.kvasir.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TrafficRulesTest {
    private final TrafficRules traffic = new TrafficRules();

    @BeforeEach
    void rules() {
        traffic.replace(ModelRewrites.of(List.of(new ModelRewrite(
                "names",
                Instant.EPOCH,
                List.of(new ModelRewrite.Rule(List.of("poems"), List.of(new ModelRewrite.Target("poems-v2", 0))))))));
        traffic.replace(Objectives.of(Map.of("chat", 10, "batch", -1, "plain", Objectives.DEFAULT_PRIORITY)));
    }

    @Test
    void aRuleGoesBeforeTheHeaderAndTheHeaderBeforeTheRequest() {
        assertThat(of("poems", "other", null))
                .isEqualTo(new AppliedRules("poems-v2", RewriteReason.RULE, "names[0]", ObjectiveReason.NONE, 0));
        assertThat(of("prose", "other", null))
                .isEqualTo(new AppliedRules("other", RewriteReason.HEADER, null, ObjectiveReason.NONE, 0));
        assertThat(of("prose", null, null)).isSameAs(AppliedRules.NONE);
        assertThat(of(null, null, null)).isSameAs(AppliedRules.NONE);
    }

    @Test
    void objectivesGivePriorities() {
        assertThat(of("prose", null, "chat"))
                .isEqualTo(new AppliedRules(null, RewriteReason.NONE, null, ObjectiveReason.FOUND, 10));
        assertThat(of("prose", null, "batch").priority()).isEqualTo(-1);
        assertThat(of("prose", null, "plain").objective()).isEqualTo(ObjectiveReason.FOUND);
        assertThat(of("prose", null, "missing"))
                .isEqualTo(new AppliedRules(null, RewriteReason.NONE, null, ObjectiveReason.UNKNOWN, 0));
    }

    @Test
    void aBodyThatCannotBeChangedKeepsItsModelUnlessAHeaderSaysOtherwise() {
        assertThat(traffic.of("poems", false, null, null, new Random(1)))
                .isEqualTo(new AppliedRules(null, RewriteReason.BODY_UNREADABLE, "names[0]", ObjectiveReason.NONE, 0));
        assertThat(traffic.of("poems", false, "other", null, new Random(1)).model())
                .isEqualTo("other");
    }

    @Test
    void aGenericRuleIsNotForRequestsThatCanNameNoModel() {
        traffic.replace(ModelRewrites.of(List.of(new ModelRewrite(
                "all",
                Instant.EPOCH,
                List.of(new ModelRewrite.Rule(List.of(), List.of(new ModelRewrite.Target("base", 0))))))));

        assertThat(traffic.of(null, false, null, null, new Random(1))).isSameAs(AppliedRules.NONE);
        assertThat(traffic.of(null, true, null, null, new Random(1)).model()).isEqualTo("base");
    }

    @Test
    void oneHalfIsReplacedWithoutTheOther() {
        traffic.replace(ModelRewrites.NONE);

        assertThat(of("poems", null, "chat").rewrite()).isEqualTo(RewriteReason.NONE);
        assertThat(of("poems", null, "chat").priority()).isEqualTo(10);

        traffic.replace(Objectives.NONE);

        assertThat(of("poems", null, "chat").objective()).isEqualTo(ObjectiveReason.UNKNOWN);
    }

    private AppliedRules of(@Nullable String model, @Nullable String header, @Nullable String objective) {
        return traffic.of(model, true, header, objective, new Random(1));
    }
}
