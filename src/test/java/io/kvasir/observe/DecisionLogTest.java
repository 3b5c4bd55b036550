package io.kvasir.observe;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvasir.cost.ModelCatalogue;
import io.kvasir.cost.TimeModel;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.prefix.ApproximateView;
import io.kvasir.request.Dialect;
import io.kvasir.request.RequestHeaders;
import io.kvasir.route.Router;
import io.kvasir.route.RouterSettings;
import io.kvasir.route.RoutingHints;
import io.kvasir.schedule.Policy;
import io.kvasir.traffic.Objectives;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class DecisionLogTest {
    private final Pool pool = new Pool(HardwareCatalogue.load());
    private final TimeModel time = new TimeModel(ModelCatalogue.load());
    private final Router router = new Router(
            pool,
            new ApproximateView(ApproximateView.Settings.DEFAULT, () -> 1, 7),
            time,
            Policy.TIME.profile(time),
            RouterSettings.DEFAULT,
            () -> 1,
            new SplittableRandom(3)::split);
    private final List<String> lines = new ArrayList<>();

    private void route(RequestHeaders headers) {
        byte[] body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a secret\"}]}"
                .getBytes(StandardCharsets.UTF_8);
        var reading = router.read(Dialect.CHAT_COMPLETIONS);
        reading.feed(body, 0, body.length);
        router.route(reading, reading.finish().withHeaders(headers), RoutingHints.NONE);
    }

    @Test
    void aLineSaysWhatWasDecidedAndNothingOfThePrompt() throws Exception {
        pool.apply(List.of(EndpointSpec.of("a", "10.0.0.1", 80)));
        router.traffic().replace(Objectives.of(Map.of("chat", 7)));
        router.events().listen(DecisionLog.kinds(), new DecisionLog(1, () -> 0.99, lines::add));

        route(RequestHeaders.NONE.withObjective("chat").withRequestId("r\"1"));

        var line = new ObjectMapper().readTree(lines.getFirst());
        assertThat(line.path("request").asText()).isEqualTo("r\"1");
        assertThat(line.path("model").asText()).isEqualTo("m");
        assertThat(line.path("rewrite").asText()).isEqualTo("none");
        assertThat(line.path("objective").asText()).isEqualTo("chat");
        assertThat(line.path("priority").asInt()).isEqualTo(7);
        assertThat(line.path("endpoint").asText()).isEqualTo("a");
        assertThat(line.path("reason").asText()).isEqualTo("only-candidate");
        assertThat(line.path("predictedTtftSeconds").asDouble()).isPositive();
        assertThat(lines.getFirst()).doesNotContain("secret");
    }

    @Test
    void aRefusalIsLoggedWithItsReason() throws Exception {
        router.events().listen(DecisionLog.kinds(), new DecisionLog(1, () -> 0, lines::add));

        route(RequestHeaders.NONE.withRequestId("r".repeat(500)));

        var line = new ObjectMapper().readTree(lines.getFirst());
        assertThat(line.path("rejected").asText()).isEqualTo("pool-empty");
        assertThat(line.path("request").asText()).hasSize(128);
    }

    @Test
    void onlyAShareIsLogged() {
        var chances = new ArrayDeque<>(List.of(0.0, 0.24, 0.25, 0.9));
        router.events().listen(DecisionLog.kinds(), new DecisionLog(0.25, chances::pop, lines::add));

        for (int i = 0; i < 4; i++) {
            route(RequestHeaders.NONE);
        }

        assertThat(lines).hasSize(2);
    }
}
