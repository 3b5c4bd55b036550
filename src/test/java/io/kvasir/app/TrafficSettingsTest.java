package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvasir.request.Dialect;
import io.kvasir.request.Request;
import io.kvasir.request.RequestHeaders;
import io.kvasir.traffic.Objectives;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TrafficSettingsTest {
    private static Objectives objectives(String text) {
        return ServeSettings.of(List.of("demo", "--objectives", text), Map.of())
                .traffic()
                .objectives();
    }

    private static RequestHeaders told(Objectives objectives, String name) {
        return objectives
                .withSlo(Request.withoutBody(Dialect.COMPLETIONS).withHeaders(RequestHeaders.NONE.withObjective(name)))
                .headers();
    }

    @Test
    void objectivesSayHowMuchRequestsMatterAndHowFastIsFastEnough() {
        var objectives = objectives("batch=-5, chat=10/500/40,a=b=1//25,first=0/2000/");

        assertThat(objectives.size()).isEqualTo(4);
        assertThat(objectives.priority("batch")).isEqualTo(-5);
        assertThat(told(objectives, "batch").ttftSlo()).isNaN();
        assertThat(objectives.priority("chat")).isEqualTo(10);
        assertThat(told(objectives, "chat").ttftSlo()).isEqualTo(0.5);
        assertThat(told(objectives, "chat").tpotSlo()).isEqualTo(0.04);
        assertThat(told(objectives, "a=b").ttftSlo()).isNaN();
        assertThat(told(objectives, "a=b").tpotSlo()).isEqualTo(0.025);
        assertThat(told(objectives, "first").ttftSlo()).isEqualTo(2);
    }

    @Test
    void anObjectiveThatCannotBeReadIsToldInOneLineWithTheKey() {
        for (String text :
                List.of("chat", "=1", "chat=high", "chat=1/2", "chat=1/-2/", "chat=1/fast/", "chat=1/2/3/4")) {
            assertThatThrownBy(() -> objectives(text))
                    .as(text)
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageStartingWith("objectives: " + text + "; allowed: NAME=PRIORITY")
                    .hasMessageNotContaining("\n");
        }
    }
}
