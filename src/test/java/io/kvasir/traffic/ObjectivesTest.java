package io.kvasir.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.request.Dialect;
import io.kvasir.request.Request;
import io.kvasir.request.RequestHeaders;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ObjectivesTest {
    private static final Objectives OBJECTIVES = Objectives.named(Map.of(
            "chat", new Objective(10, 0.5, 0.04), "first", new Objective(0, 2, Double.NaN), "batch", Objective.of(-1)));

    private static RequestHeaders told(RequestHeaders headers) {
        return OBJECTIVES
                .withSlo(Request.withoutBody(Dialect.CHAT_COMPLETIONS).withHeaders(headers))
                .headers();
    }

    @Test
    void whoSaysNothingHasWhatItsObjectiveSaysIsEnough() {
        var headers = RequestHeaders.NONE.withObjective("chat").withSessionId("s");

        assertThat(told(headers)).isEqualTo(headers.withSlo(0.5, 0.04));
        assertThat(told(RequestHeaders.NONE.withObjective("first")).ttftSlo()).isEqualTo(2);
        assertThat(told(RequestHeaders.NONE.withObjective("first")).tpotSlo()).isNaN();
    }

    @Test
    void whatARequestSaysItselfGoesBeforeThat() {
        var headers = RequestHeaders.NONE.withObjective("chat").withSlo(3, Double.NaN);

        assertThat(told(headers)).isEqualTo(headers.withSlo(3, 0.04));
    }

    @Test
    void nothingIsSaidWhereTheObjectiveSaysNothingOrThereIsNone() {
        for (String name : new String[] {"batch", "missing", null}) {
            var request =
                    Request.withoutBody(Dialect.CHAT_COMPLETIONS).withHeaders(RequestHeaders.NONE.withObjective(name));
            assertThat(OBJECTIVES.withSlo(request)).isSameAs(request);
        }
    }

    @Test
    void whatDiscoveryFindsGoesBeforeWhatIsConfiguredAsAWhole() {
        var all = Objectives.of(Map.of("chat", 3)).or(OBJECTIVES);
        var request =
                Request.withoutBody(Dialect.CHAT_COMPLETIONS).withHeaders(RequestHeaders.NONE.withObjective("chat"));

        assertThat(all.priority("chat")).isEqualTo(3);
        assertThat(all.withSlo(request)).isSameAs(request);
        assertThat(all.priority("batch")).isEqualTo(-1);
    }

    @Test
    void millisecondsThatCannotBeMeantSayNothing() {
        assertThat(Objective.seconds("250")).isEqualTo(0.25);
        assertThat(Objective.seconds(" 0.5 ")).isEqualTo(0.0005);
        for (String text : new String[] {"", "fast", "-1", "0", "NaN", "1e12", "10ms"}) {
            assertThat(Objective.seconds(text)).as(text).isNaN();
        }
    }
}
