package io.kvasir.observe.live;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvasir.admission.flow.BandSettings;
import io.kvasir.admission.flow.QueueSnapshot;
import io.kvasir.metric.LatencyBuckets;
import java.io.IOException;
import java.io.StringWriter;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The queue as the live page is told of it. */
class QueueViewTest {
    private static JsonNode shown(QueueSnapshot queue) throws IOException {
        var text = new StringWriter();
        try (var json = new JsonFactory().createGenerator(text)) {
            new QueueView(queue).write(json);
        }
        return new ObjectMapper().readTree(text.toString());
    }

    private static QueueSnapshot.Tenant tenant(int number) {
        return new QueueSnapshot.Tenant(0, "t" + number, number, 2, 1.5, 10, 5, 0.6, 0.25);
    }

    @Test
    void bandsTenantsAndClassesAreTold() throws IOException {
        var settings = BandSettings.DEFAULT;
        var band = new QueueSnapshot.Band(
                5,
                settings,
                3,
                1_000,
                700,
                4,
                2.5,
                9,
                100,
                30,
                20,
                1,
                6,
                7,
                2,
                8,
                9,
                0.5,
                LatencyBuckets.ofWaits(),
                LatencyBuckets.ofDecisions());
        var queue = shown(new QueueSnapshot(
                List.of(band),
                List.of(),
                List.of(tenant(1), tenant(2)),
                List.of(new QueueSnapshot.Saturation("h200", 4, 1, 0.75, 0)),
                0.9,
                false,
                3,
                1_000,
                700));

        assertThat(queue.path("waiting").asInt()).isEqualTo(3);
        assertThat(queue.path("tokens").asInt()).isEqualTo(700);
        assertThat(queue.path("fairness").asDouble()).isEqualTo(0.9);
        var first = queue.path("bands").path(0);
        assertThat(first.path("priority").asInt()).isEqualTo(5);
        assertThat(first.path("waiting").asInt()).isEqualTo(3);
        assertThat(first.path("inFlight").asInt()).isEqualTo(4);
        assertThat(first.path("oldest").asDouble()).isEqualTo(2.5);
        assertThat(first.path("bound").asDouble()).isEqualTo(settings.longestWaitSeconds());
        assertThat(first.path("atOnce").asInt()).isEqualTo(100);
        assertThat(first.path("waited").asInt()).isEqualTo(20);
        assertThat(first.path("refused").asInt())
                .as("too many, and no endpoint")
                .isEqualTo(6 + 2);
        assertThat(first.path("expired").asInt()).isEqualTo(7);
        assertThat(first.path("evicted").asInt()).isEqualTo(9);
        var second = queue.path("tenants").path(1);
        assertThat(second.path("tenant").asText()).isEqualTo("t2");
        assertThat(second.path("waiting").asInt()).isEqualTo(2);
        assertThat(second.path("share").asDouble()).isEqualTo(0.6);
        assertThat(second.path("entitled").asDouble()).isEqualTo(0.25);
        assertThat(queue.path("classes").path(0).path("hardware").asText()).isEqualTo("h200");
        assertThat(queue.path("classes").path(0).path("free").asInt()).isEqualTo(1);
        assertThat(queue.path("classes").path(0).path("start").asDouble()).isEqualTo(0.75);
    }

    @Test
    void ofManyTenantsThoseWithMostServiceAreTold() throws IOException {
        var tenants = IntStream.range(0, 1_000).mapToObj(QueueViewTest::tenant).toList();
        var queue = shown(new QueueSnapshot(List.of(), List.of(), tenants, List.of(), 1, false, 0, 0, 0));
        assertThat(queue.path("tenants")).hasSize(20);
        assertThat(queue.path("tenants").path(0).path("tenant").asText()).isEqualTo("t0");
    }
}
