package io.kvasir.observe;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvasir.admission.flow.FlowSettings;
import io.kvasir.cost.ClassRates;
import io.kvasir.cost.Decoding;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointHealth;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EngineStats;
import io.kvasir.pool.KvEventReport;
import io.kvasir.pool.OutlierDetection;
import io.kvasir.request.RequestHeaders;
import io.kvasir.route.Outcome;
import io.kvasir.route.RouterFixture;
import io.kvasir.route.Waiting;
import io.kvasir.schedule.Policy;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is wrong now, each in a line that says what to do. */
class FindingsTest {
    static final Decoding STRETCH = new Decoding(100, 10, 20_000, 0, 0, 0);

    private final ObservedPool shown = new ObservedPool(h200("a", 1), h200("b", 2));
    private final Findings findings = new Findings(shown.observed);

    private static EndpointSpec h200(String name, int port) {
        return EndpointSpec.builder(name, "10.0.0.1", port)
                .product("NVIDIA-H200")
                .build();
    }

    private Endpoint endpoint(String name) {
        return shown.pool.snapshot().endpoints().stream()
                .filter(one -> one.spec().name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private EngineStats page(int running, int waiting) {
        return EngineStats.at(shown.clock.get())
                .running(running)
                .waiting(waiting)
                .kvUsage(0.1)
                .blocks(16, 1_000)
                .build();
    }

    private List<String> found() {
        return findings.look().stream()
                .map(one -> one.code() + " " + one.endpoint())
                .toList();
    }

    @Test
    void whereAllIsWellThereIsNothing() {
        shown.pool.snapshot().endpoints().forEach(one -> one.report(page(0, 0)));
        assertThat(findings.look()).isEmpty();
        assertThat(new Findings(new ObservedRouter()).look()).isEmpty();
    }

    @Test
    void eachEndpointHasOneLineTheWorstWithWhatElseIsWrong() {
        endpoint("b").health().connectFailed();
        endpoint("a").unreadable("timeout");
        endpoint("a").knowledge().unreadable("unauthorized");
        assertThat(found()).containsExactly("down b", "page-unreadable a");
        assertThat(findings.look().get(1).what()).contains("(timeout)").endsWith("(also: models-unreadable)");
        assertThat(findings.look().get(0).advice()).contains("10.0.0.1:2");
        assertThat(findings.look().get(0).severity()).isEqualTo("error");
    }

    @Test
    void listsOfModelsThatCannotBeReadSayWhatToDo() {
        endpoint("a").knowledge().unreadable("unauthorized");
        endpoint("b").knowledge().unreadable("too-large");
        assertThat(findings.look())
                .extracting(Finding::advice)
                .anySatisfy(advice -> assertThat(advice).contains("--engine-api-key-file"));
        assertThat(findings.look())
                .extracting(Finding::advice)
                .anySatisfy(advice -> assertThat(advice).contains("longer than is read"));
    }

    @Test
    void anOldPageIsToldWithItsAge() {
        endpoint("a").report(page(0, 0));
        shown.clock.addAndGet(30_000_000_000L);
        assertThat(found()).containsExactly("page-stale a");
        assertThat(findings.look().getFirst().what()).contains("30 s old");
    }

    @Test
    void aSlowReplicaIsToldByHowMuch() {
        for (int i = 0; i < 40; i++) {
            endpoint("a").pace().observed(3, 1, shown.clock.get());
        }
        assertThat(found()).containsExactly("slow a");
        assertThat(findings.look().getFirst().what()).matches("takes 2\\.\\d times as long as others like it");
    }

    @Test
    void unknownHardwareIsNamedWithWhatItCountsAs() {
        shown.pool.apply(List.of(
                h200("a", 1),
                EndpointSpec.builder("x", "10.0.0.1", 9).product("Acme-9000").build()));
        assertThat(found()).containsExactly("unknown-hardware x");
        assertThat(findings.look().getFirst().what()).contains("Acme-9000").contains("of an H100");
    }

    @Test
    void eventsThatWereMissedAreTold() {
        endpoint("a").replica().kvEvents(new KvEventReport("dialled", "uncertain", 0.3f));
        endpoint("b").replica().kvEvents(new KvEventReport("dialled", "complete", 1));
        assertThat(found()).containsExactly("kv-events a");
        assertThat(findings.look().getFirst().what()).contains("missed");
    }

    @Test
    void loadOfOthersIsForInformation() {
        endpoint("a").report(page(3, 20));
        assertThat(found()).containsExactly("foreign-load a");
        assertThat(findings.look().getFirst().severity()).isEqualTo("info");
    }

    @Test
    void requestsThatAnEngineDoesNotKnowAreToldWhenSeveralLooksFindThem() {
        endpoint("a").load().place(10, 10);
        for (int i = 1; i < Findings.PHANTOMS; i++) {
            endpoint("a").load().place(10, 10);
        }
        for (long nanos = 0; nanos < Findings.PHANTOM_NANOS; nanos += 1_000_000_000L) {
            endpoint("a").report(page(0, 0));
            assertThat(found()).as("after %d ns", nanos).isEmpty();
            assertThat(found()).as("another who looks").isEmpty();
            shown.clock.addAndGet(1_000_000_000L);
        }
        endpoint("a").report(page(0, 0));
        assertThat(found()).containsExactly("phantom-load a");
        shown.clock.addAndGet(60_000_000_000L);
        endpoint("a").report(page(0, 0));
        assertThat(found()).as("nobody looked for long").isEmpty();
    }

    @Test
    void whatWasUnwiseAboutTheStartAndARefusedConfigurationAreTold() {
        shown.observed.notices(List.of("--tracing has no effect: no traces are exported"));
        shown.observed.show(() -> Map.of("problem", "line 3: no such plug-in"));
        assertThat(found()).containsExactly("config-refused null", "start null");
        assertThat(findings.look().get(0).what()).endsWith("line 3: no such plug-in");
        assertThat(findings.look().get(1).what()).startsWith("--tracing");
    }

    @Test
    void anEndpointThatHangsIsTold() {
        var booking = shown.booked("a question", true);
        shown.clock.addAndGet(21_000_000_000L);
        shown.pool.snapshot().endpoints().forEach(one -> one.report(page(1, 0)));

        String name = booking.endpoint().spec().name();
        assertThat(found()).containsExactly("hangs " + name);
        var finding = findings.look().getFirst();
        assertThat(finding.severity()).isEqualTo("error");
        assertThat(finding.what())
                .isEqualTo("has begun no answer for 21 s, though it answers probes and 1 request waits for one");
        assertThat(finding.advice()).contains("log", "restart");
        booking.firstToken();
        assertThat(findings.look()).isEmpty();
    }

    @Test
    void anEndpointThatIsTakenOutTooBusyOrAsleepIsToldAsSuch() {
        shown.pool.apply(List.of(h200("a", 1), h200("b", 2), h200("c", 3), h200("d", 4)));
        for (int i = 0; i < 100 && endpoint("a").health().state() != EndpointHealth.State.EJECTED; i++) {
            OutlierDetection.failed(shown.pool.snapshot(), endpoint("a"), "m", shown.clock.get());
            List.of("b", "c", "d").forEach(other -> endpoint(other).health().requestServed(shown.clock.get()));
        }
        endpoint("b").health().pressed(1_000_000_000L, shown.clock.get());
        endpoint("c")
                .report(EngineStats.at(shown.clock.get())
                        .running(0)
                        .waiting(0)
                        .kvUsage(0)
                        .blocks(16, 1_000)
                        .asleep(true)
                        .build());
        for (int i = 0; i < EndpointHealth.FAILED_PROBES_TO_EJECT; i++) {
            endpoint("d").health().probeFailed();
        }

        assertThat(found()).containsExactly("ejected a", "silent d", "pressed b", "asleep c");
        assertThat(findings.look()).allSatisfy(one -> assertThat(one.advice()).isNotBlank());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            silent       | computes new blocks and sends no KV events                        | --kv-events-config
            disconnected | has KV events that cannot be connected to                         | --kv-events-config
            unheard      | has sent no KV event yet                                          | topic and address
            partial      | has told of a part of its cache only: events were missed          | replay endpoint
            waiting      | missed KV events that are being asked for again                   | replay endpoint
            uncertain    | missed KV events that cannot be had again                         | replay endpoint
            """)
    void everyStateOfEventsThatIsNotWellIsToldInWords(String state, String words, String advice) {
        endpoint("a").replica().kvEvents(new KvEventReport("dialled", state, 0.3f));
        assertThat(found()).containsExactly("kv-events a");
        assertThat(findings.look().getFirst().what()).isEqualTo(words);
        assertThat(findings.look().getFirst().advice()).contains(advice);
    }

    @Test
    void aPageThatDoesNotChangeThoughPromptsAreComputedIsTold() {
        looked(1_000);
        assertThat(findings.look()).isEmpty();
        endpoint("a").load().prefilled(1, 1, FrozenPages.TOKENS, 0);
        shown.clock.addAndGet(FrozenPages.NANOS + 1_000_000_000L);
        looked(1_000);
        assertThat(findings.look()).as("it may have been read before").isEmpty();
        shown.clock.addAndGet(1_000_000_000L);
        assertThat(findings.look()).as("it was not read again").isEmpty();
        shown.clock.addAndGet(1_000_000_000L);
        looked(1_000);
        assertThat(found()).containsExactly("page-frozen a");
        assertThat(findings.look().getFirst().what()).contains("not changed for 13 s");

        looked(2_000);
        assertThat(findings.look()).isEmpty();
    }

    @Test
    void aPageThatDoesNotChangeWhereNothingIsComputedOrCountedIsWell() {
        for (long queries : new long[] {1_000, 0, -1}) {
            looked(queries);
            assertThat(findings.look()).isEmpty();
            if (queries <= 0) {
                endpoint("a").load().prefilled(1, 1, 10 * FrozenPages.TOKENS, 0);
            }
            shown.clock.addAndGet(2 * FrozenPages.NANOS);
            looked(queries);
            assertThat(findings.look()).as("%d tokens looked up", queries).isEmpty();
        }
    }

    /** A page of {@code a} that counts so many tokens looked up. */
    private void looked(long queries) {
        endpoint("a")
                .report(EngineStats.at(shown.clock.get())
                        .running(0)
                        .waiting(0)
                        .kvUsage(0.1)
                        .blocks(16, 1_000)
                        .prefixes(queries, 0)
                        .build());
    }

    @Test
    void predictionsOfAClassThatAreUsuallyOffAreTold() {
        var rates = rates("a");
        for (int i = 0; i < 200; i++) {
            rates.decoded((i % 2 == 0 ? 4 : 0.25) * rates.believed().decodingSeconds(STRETCH), STRETCH, 1);
        }
        assertThat(found()).contains("prediction-drift null");
        assertThat(message("prediction-drift")).matches("predictions for h200 are off by \\d+ %, as is usual there");
    }

    @Test
    void aClassThatIsNoLongerAsFastAsWasKnownIsTold() {
        var rates = rates("a");
        for (int i = 0; i < 100; i++) {
            rates.decoded(rates.believed().decodingSeconds(STRETCH), STRETCH, 1);
        }
        assertThat(findings.look()).isEmpty();
        for (int i = 0; i < 40; i++) {
            rates.decoded(1.8 * rates.rates().decodingSeconds(STRETCH), STRETCH, 1);
        }
        assertThat(found()).contains("prediction-drift null");
        assertThat(message("prediction-drift")).startsWith("h200 is not as fast as it was known to be");
    }

    @Test
    void aClassThatIsSlowerThanItsCatalogueEntryIsTold() {
        var rates = rates("a");
        for (int i = 0; i < 200; i++) {
            rates.decoded(3 * rates.believed().decodingSeconds(STRETCH), STRETCH, 1);
        }
        assertThat(found()).contains("slower-than-catalogue null");
        assertThat(message("slower-than-catalogue"))
                .matches("h200 is found to take [0-9.]+ times as long as by the catalogue to prefill,"
                        + " (2\\.[5-9]|3\\.[0-9]) times for a token");
    }

    @Test
    void cachesThatHoldLessThanWasExpectedAreToldWhileTheyDo() {
        String prompt = "the same long story ".repeat(8_000);
        shown.pool.apply(List.of(h200("a", 1)));
        for (int i = 0; i < 8; i++) {
            answered(shown, prompt, 0);
        }
        assertThat(found()).contains("hit-drift null", "cache-belief a");
        assertThat(message("hit-drift"))
                .matches("\\d+ % of prompt tokens were expected in caches lately, 0 % were found");

        shown.clock.addAndGet(LatelyCached.WINDOW_NANOS);
        assertThat(found()).as("nothing lately").doesNotContain("hit-drift null");
    }

    @Test
    void cachesThatThePolicyDoesNotLookAtAreNotHeldAgainstIt() {
        String prompt = "the same long story ".repeat(8_000);
        var blind = new ObservedPool(Policy.ROUND_ROBIN, h200("a", 1));
        for (int i = 0; i < 8; i++) {
            answered(blind, prompt, 30_000);
        }
        assertThat(blind.router.counts().cachedTokens()).isEqualTo(8 * 30_000);
        assertThat(new Findings(blind.observed).look())
                .extracting(Finding::code)
                .doesNotContain("hit-drift");
    }

    /** A request with that prompt that ends well, of which its engine found so many tokens in its cache. */
    private static void answered(ObservedPool shown, String prompt, int cached) {
        var booking = shown.booked(prompt, true);
        shown.clock.addAndGet(100_000_000L);
        booking.firstToken();
        booking.usage(prompt.length() / 4, cached, 4);
        booking.finish(Outcome.COMPLETED);
    }

    @Test
    void aModelThatNobodyKnowsAndAShareOfADeviceThatIsUnwiseAreForInformation() {
        shown.pool.apply(List.of(EndpointSpec.builder("a", "10.0.0.1", 1)
                .product("NVIDIA-H200")
                .sharing(2)
                .model("frobnicator")
                .build()));
        assertThat(found()).containsExactly("unknown-model null", "advice a");
        assertThat(findings.look()).allSatisfy(one -> assertThat(one.severity()).isEqualTo("info"));
        assertThat(message("advice")).contains("shared by 2 replicas");
    }

    private ClassRates rates(String endpoint) {
        return shown.router.time().rates(endpoint(endpoint), "");
    }

    private String message(String code) {
        return findings.look().stream()
                .filter(one -> one.code().equals(code))
                .map(Finding::what)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aFloodIsToldOnceTheFirstThatWaitsHasWaitedForLong() {
        var flooded = new RouterFixture(h200("a", 1));
        var observed = new ObservedRouter();
        observed.show(flooded.router);
        observed.show(flooded.queue(FlowSettings.DEFAULT));
        var load = flooded.pool.snapshot().at(0).load();
        load.place(100, 10);
        load.placePrefill(1_000_000_000_000L, flooded.clock.get());
        assertThat(flooded.ask(RequestHeaders.NONE, QueueMetricsTest.WAITER)).isInstanceOf(Waiting.class);
        flooded.clock.addAndGet(29_000_000_000L);
        assertThat(new Findings(observed).look()).noneMatch(one -> one.code().equals("flood"));

        flooded.clock.addAndGet(2_000_000_000L);
        assertThat(new Findings(observed).look())
                .filteredOn(one -> one.code().equals("flood"))
                .extracting(Finding::what)
                .containsExactly("of priority 0 1 requests wait, the first for 31 s of 60 at most");
    }

    @Test
    void aFindingIsTheSameFiveFieldsToWhoeverReadsThem() {
        shown.pool.apply(List.of());
        JsonNode json = new ObjectMapper().valueToTree(findings.look().getFirst());
        assertThat(json.properties().stream().map(Map.Entry::getKey))
                .containsExactly("code", "severity", "endpoint", "what", "advice");
    }

    @Test
    void anEmptyPoolIsAnError() {
        shown.pool.apply(List.of());
        assertThat(found()).containsExactly("no-endpoints null");
    }

    @Test
    void linesAreBoundedAndTheRestIsCounted() {
        shown.pool.apply(IntStream.range(0, 1_000)
                .mapToObj(i -> h200("e" + i, 1_000 + i))
                .toList());
        shown.pool.snapshot().endpoints().forEach(one -> one.health().connectFailed());
        assertThat(findings.look()).hasSize(Findings.MOST);
        assertThat(findings.look().getLast().what()).isEqualTo(1_000 - Findings.MOST + 1 + " more findings");
    }
}
