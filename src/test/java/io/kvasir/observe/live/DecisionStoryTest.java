package io.kvasir.observe.live;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvasir.pool.EndpointSpecs;
import io.kvasir.pool.Role;
import io.kvasir.route.Outcome;
import io.kvasir.route.RouterEvent;
import io.kvasir.route.RouterFixture;
import io.kvasir.route.RoutingHints;
import io.kvasir.schedule.PdDecider;
import io.kvasir.schedule.Policy;
import java.io.IOException;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class DecisionStoryTest {
    private static final String PICTURE = "{\"type\":\"image_url\",\"image_url\":{\"url\":\"http://a/1\"}}";

    private final RouterFixture fixture = new RouterFixture(
            new PdDecider.UncachedTokens(16, 0),
            Policy.TIME,
            EndpointSpecs.of("e", 1, Role.ENCODE, "NVIDIA-H100"),
            EndpointSpecs.of("p", 2, Role.PREFILL, "NVIDIA-H100"),
            EndpointSpecs.of("d", 3, Role.DECODE, "NVIDIA-H100"));

    private JsonNode story(String content) throws IOException {
        List<RouterEvent.Decided> heard = new ArrayList<>();
        fixture.router.events().listen(EnumSet.of(RouterEvent.Kind.DECIDED), event -> {
            if (event instanceof RouterEvent.Decided decided) {
                heard.add(decided);
            }
        });
        fixture.booked(
                        RouterFixture.body(
                                "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":" + content + "}]}"),
                        RoutingHints.builder().pairs(true).build())
                .finish(Outcome.COMPLETED);
        var text = new StringWriter();
        try (var json = new JsonFactory().createGenerator(text)) {
            new DecisionStory(heard.getFirst(), 0, null).write(json);
        }
        return new ObjectMapper().readTree(text.toString());
    }

    @Test
    void whoEncodesAndWhoPrefillsAreNamed() throws IOException {
        var story = story("[{\"type\":\"text\",\"text\":\"" + "what is on it? ".repeat(40) + "\"}," + PICTURE + "]");

        assertThat(story.path("endpoint").asText()).isEqualTo("d");
        assertThat(story.path("prefill").asText()).isEqualTo("p");
        assertThat(story.path("encoders")).hasSize(1);
        assertThat(story.path("encoders").path(0).asText()).isEqualTo("e");
    }

    @Test
    void nobodyIsNamedWhereNobodyHelps() throws IOException {
        var story = story("\"hi\"");

        assertThat(story.has("prefill")).isFalse();
        assertThat(story.has("encoders")).isFalse();
    }
}
