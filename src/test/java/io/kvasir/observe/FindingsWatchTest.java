package io.kvasir.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EngineStats;
import io.kvasir.pool.KvEventReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is wrong, as the log and the metrics page are told of it. */
class FindingsWatchTest {
    private static final KvEventReport LOST = new KvEventReport("dialled", "uncertain", 0.3f);
    private static final KvEventReport WELL = new KvEventReport("dialled", "complete", 1);
    private static final String WORDS = " missed KV events that cannot be had again;"
            + " it mends with time; set a replay endpoint in the engine's KV events configuration";

    private final ObservedPool shown = new ObservedPool(IntStream.range(0, 13)
            .mapToObj(i -> EndpointSpec.builder("e" + i, "10.0.0.1", 1 + i)
                    .product("NVIDIA-H200")
                    .build())
            .toArray(EndpointSpec[]::new));
    private final List<String> lines = new ArrayList<>();
    private final Findings findings = new Findings(shown.observed);
    private final FindingsWatch watch =
            new FindingsWatch(findings, (warns, line) -> lines.add((warns ? "! " : "") + line));

    private List<String> look() {
        shown.clock.addAndGet(FindingsWatch.BETWEEN_LOOKS_NANOS);
        lines.clear();
        watch.look(shown.clock.get());
        return List.copyOf(lines);
    }

    private void events(KvEventReport report, int... endpoints) {
        for (int i : endpoints) {
            shown.pool.snapshot().at(i).replica().kvEvents(report);
        }
    }

    private void quiet() {
        shown.clock.addAndGet(FindingsWatch.QUIET_SECONDS * 1_000_000_000L);
    }

    private Map<String, Double> counted() {
        var page = new Families(new Families.Overflow());
        watch.describe(page);
        var counts = new TreeMap<String, Double>();
        page.all().stream()
                .filter(family -> family.name.equals("kvasir_findings"))
                .flatMap(family -> family.samples.stream())
                .forEach(sample -> counts.put(sample.labelValues.getFirst(), sample.value));
        return counts;
    }

    @Test
    void whereAllIsWellNothingIsToldOrCounted() {
        assertThat(look()).isEmpty();
        assertThat(look()).isEmpty();
        assertThat(counted()).isEmpty();
    }

    @Test
    void whatIsThereAtTwoLooksIsToldOnceWithWhatToDoAndOnceWhenItIsOver() {
        events(LOST, 3);
        assertThat(look()).as("it may pass").isEmpty();
        assertThat(look()).containsExactly("! kv-events: e3" + WORDS);
        quiet();
        assertThat(look()).isEmpty();

        events(WELL, 3);
        assertThat(look()).as("it may come back").isEmpty();
        assertThat(look()).containsExactly("kv-events: over for e3");
        quiet();
        assertThat(look()).isEmpty();
    }

    @Test
    void whatTurnsIntoSomethingElseIsToldAgain() {
        events(new KvEventReport("dialled", "unheard", 0), 3);
        look();
        assertThat(look()).singleElement().asString().contains("has sent no KV event yet");
        events(LOST, 3);
        quiet();
        assertThat(look()).isEmpty();
        assertThat(look()).containsExactly("! kv-events: e3" + WORDS);
    }

    @Test
    void manyAreOneLine() {
        events(LOST, IntStream.range(0, 13).toArray());
        look();
        assertThat(look())
                .containsExactly(
                        "! kv-events: e0" + WORDS + "; likewise e1, e10, e11, e12, e2, e3, e4, e5, e6, e7 and 2 more");
    }

    @Test
    void ofWhatComesAndGoesALineIsToldInAWhile() {
        int told = 0;
        for (int round = 0; round < 300; round++) {
            events(round % 4 < 2 ? LOST : WELL, 1, round % 13);
            told += look().size();
        }
        assertThat(told).isLessThanOrEqualTo(2 * (1 + 600 / FindingsWatch.QUIET_SECONDS));
    }

    @Test
    void requestsThatAnEngineDoesNotKnowAreToldThoughNobodyAsks() {
        var endpoint = shown.pool.snapshot().at(0);
        for (int i = 0; i < Findings.PHANTOMS; i++) {
            endpoint.load().place(10, 10);
        }
        var told = new ArrayList<String>();
        for (int i = 0; i <= 1 + Findings.PHANTOM_NANOS / FindingsWatch.BETWEEN_LOOKS_NANOS; i++) {
            endpoint.report(EngineStats.at(shown.clock.get() + FindingsWatch.BETWEEN_LOOKS_NANOS)
                    .running(0)
                    .waiting(0)
                    .kvUsage(0)
                    .blocks(16, 1_000)
                    .build());
            told.addAll(look());
        }
        assertThat(told)
                .singleElement()
                .asString()
                .startsWith("! phantom-load: e0 has 8 requests in our books that its engine does not run; ");
        assertThat(findings.look())
                .as("whoever asks once")
                .extracting(Finding::code)
                .containsExactly("phantom-load");
    }

    @Test
    void ofSeveralClassesThatAreSlowEachIsToldAndEachWhenItIsOver() {
        shown.pool.apply(List.of(
                EndpointSpec.builder("a", "10.0.0.1", 1).product("NVIDIA-H200").build(),
                EndpointSpec.builder("b", "10.0.0.1", 2)
                        .product("NVIDIA-H100-80GB-HBM3")
                        .build()));
        slow(0, 3);
        look();
        assertThat(look()).singleElement().asString().startsWith("! slower-than-catalogue: h200 is found to take ");
        quiet();
        slow(1, 3);
        look();
        assertThat(look()).singleElement().asString().startsWith("! slower-than-catalogue: h100 is found to take ");
        quiet();
        slow(0, 1);
        look();
        assertThat(look()).containsExactly("slower-than-catalogue: over for h200");
    }

    /** Has answers of an endpoint take so many times as long as by the catalogue. */
    private void slow(int endpoint, double times) {
        var rates = shown.router.time().rates(shown.pool.snapshot().at(endpoint), "");
        for (int i = 0; i < 400; i++) {
            rates.decoded(times * rates.believed().decodingSeconds(FindingsTest.STRETCH), FindingsTest.STRETCH, 1);
        }
    }

    @Test
    void kindsOfWhichOthersTellTheLogAreOnlyCounted() {
        shown.pool.snapshot().at(0).health().connectFailed();
        shown.pool.snapshot().at(1).health().connectFailed();
        events(LOST, 5);
        look();
        assertThat(look()).hasSize(1);
        assertThat(counted()).isEqualTo(Map.of("down", 2.0, "kv-events", 1.0));

        shown.pool.snapshot().at(0).health().probePassed();
        shown.pool.snapshot().at(1).health().probePassed();
        look();
        assertThat(counted()).as("what is over is 0").isEqualTo(Map.of("down", 0.0, "kv-events", 1.0));
    }

    @Test
    void eachThingThatIsWrongWithAnEndpointCounts() {
        shown.pool.snapshot().at(0).unreadable("timeout");
        shown.pool.snapshot().at(0).knowledge().unreadable("unauthorized");
        look();
        assertThat(counted()).isEqualTo(Map.of("models-unreadable", 1.0, "page-unreadable", 1.0));
    }
}
