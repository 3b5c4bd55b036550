package io.kvasir.observe.live;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvasir.observe.ObservedPool;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointHealth;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EngineStats;
import java.io.IOException;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is to be seen of an endpoint at one look. */
class EndpointRowTest {
    private static final long SECOND = 1_000_000_000L;
    private static final int STATE = 1;
    private static final int MARKS = 12;

    private final ObservedPool shown = new ObservedPool(h200().build());

    private static EndpointSpec.Builder h200() {
        return EndpointSpec.builder("a", "10.0.0.1", 1).product("NVIDIA-H200");
    }

    private Endpoint endpoint() {
        return shown.pool.snapshot().at(0);
    }

    private JsonNode row(ReplicaTally tally, double bestRatio) throws IOException {
        return row(tally, new ReplicaTally.Best(bestRatio, bestRatio));
    }

    private JsonNode row(ReplicaTally tally, ReplicaTally.Best best) throws IOException {
        var text = new StringWriter();
        try (var json = new JsonFactory().createGenerator(text)) {
            new EndpointRow(shown.router, endpoint(), tally, best, shown.clock.get()).write(json);
        }
        return new ObjectMapper().readTree(text.toString());
    }

    private String marks() throws IOException {
        return row(ReplicaTally.NONE, ReplicaTally.Best.NONE).path(MARKS).asText();
    }

    private String state() throws IOException {
        return row(ReplicaTally.NONE, ReplicaTally.Best.NONE).path(STATE).asText();
    }

    /** Without the size of its cache, so that nobody can say that it is cold. */
    private static EngineStats page(long nanos, boolean asleep) {
        return EngineStats.at(nanos)
                .running(1)
                .waiting(0)
                .kvUsage(0.25)
                .asleep(asleep)
                .build();
    }

    /** Requests whose first tokens took that many times as long as predicted, and found that share of what was expected. */
    private static ReplicaTally tally(double times, double found) {
        return new ReplicaTally(10, 0, 10, times, 1, 10_000, 8_000, 8_000 * found, 0, 0, 0);
    }

    @Test
    void whereAllIsWellThereIsNoMark() throws IOException {
        assertThat(marks()).isEmpty();
        endpoint().report(page(shown.clock.get(), false));
        assertThat(row(tally(1, 1), 1).path(MARKS).asText()).isEmpty();
    }

    @Test
    void slowByItsPaceAndByFirstTokensThatTakeTwiceWhatTheyTakeOnTheBestOfItsClass() throws IOException {
        assertThat(row(tally(1.9, 1), 1).path(MARKS).asText()).isEmpty();
        assertThat(row(tally(2, 1), 1).path(MARKS).asText()).isEqualTo("slow");
        assertThat(row(tally(4, 1), 4).path(MARKS).asText())
                .as("the whole class is")
                .isEmpty();
        for (int i = 0; i < 40; i++) {
            endpoint().pace().observed(3, 1, shown.clock.get());
        }
        assertThat(marks()).isEqualTo("slow");
    }

    @Test
    void slowByTokensThatAreTwiceAsFarApartAsOnTheBestOfItsClassWhateverTheClassIsThoughtToDo() throws IOException {
        var slow = new ReplicaTally(10, 0, 10, 1, 1, 0, 0, 0, 10, 12, 10);
        var best = ReplicaTally.Best.NONE.and(slow);
        assertThat(row(slow, best).path(MARKS).asText()).as("it is the best").isEmpty();
        best = best.and(new ReplicaTally(10, 0, 10, 1, 1, 0, 0, 0, 2, 1, 10));
        assertThat(row(slow, best).path(MARKS).asText()).as("too few streams").isEmpty();
        best = best.and(new ReplicaTally(10, 0, 10, 1, 1, 0, 0, 0, 10, 6, 10));
        assertThat(row(slow, best).path(MARKS).asText()).isEqualTo("slow");
    }

    @Test
    void coldUntilItHoldsSomething() throws IOException {
        shown.pool.apply(List.of(h200().kvTokens(100_000).build()));
        assertThat(marks()).isEqualTo("cold");
        shown.booked("a long story ".repeat(2_000), true);
        assertThat(marks()).isEmpty();
    }

    @Test
    void sharedAsItsDescriptionSays() throws IOException {
        shown.pool.apply(List.of(h200().sharing(3).build()));
        assertThat(marks()).isEqualTo("shared");
    }

    @Test
    void lyingWhereMuchLessIsFoundThanWasExpected() throws IOException {
        assertThat(row(tally(1, 0.7), 1).path(MARKS).asText()).isEmpty();
        var row = row(tally(1, 0.5), 1);
        assertThat(row.path(MARKS).asText()).isEqualTo("lying");
        assertThat(row.path(14).asDouble()).isEqualTo(0.8);
        assertThat(row.path(15).asDouble()).isEqualTo(0.4);
        assertThat(row(new ReplicaTally(1, 0, 1, 1, 1, 900, 800, 0, 0, 0, 0), 1)
                        .path(MARKS)
                        .asText())
                .as("too few tokens to say so")
                .isEmpty();
    }

    @Test
    void hangingWhereNoAnswerBegins() throws IOException {
        shown.booked("a question", true);
        shown.clock.addAndGet(30 * SECOND);
        assertThat(marks()).isEqualTo("hangs");
    }

    @Test
    void staleUnreadableAndUnknown() throws IOException {
        endpoint().report(page(shown.clock.get(), false));
        shown.clock.addAndGet(10 * SECOND);
        assertThat(marks()).isEqualTo("stale");
        endpoint().report(page(shown.clock.get(), false));
        endpoint().knowledge().unreadable("unauthorized");
        assertThat(marks()).isEqualTo("unreadable");

        shown.pool.apply(
                List.of(EndpointSpec.builder("x", "10.0.0.9", 9).product("Acme").build()));
        assertThat(marks()).isEqualTo("unknown hardware");
    }

    @Test
    void whatIsDownIsDownAndNothingElse() throws IOException {
        endpoint().health().connectFailed();
        endpoint().unreadable("connect");
        assertThat(state()).isEqualTo("down");
        assertThat(marks()).isEmpty();
    }

    @Test
    void statesInWords() throws IOException {
        assertThat(state()).isEqualTo("unknown");
        endpoint().health().probePassed();
        assertThat(state()).isEqualTo("up");
        endpoint().report(page(shown.clock.get(), true));
        assertThat(state()).isEqualTo("asleep");
        endpoint().health().pressed(SECOND, shown.clock.get());
        assertThat(state()).isEqualTo("pressed");
        for (int i = 0; i < EndpointHealth.FAILED_PROBES_TO_EJECT; i++) {
            endpoint().health().probeFailed();
        }
        assertThat(state()).isEqualTo("down");
    }
}
