package io.kvasir.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EngineStats;
import io.kvasir.pool.KvEventReport;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FindingsTest {
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
        return new EngineStats(
                shown.clock.get(), running, waiting, 0.1, 16, 1_000, -1, List.of(), List.of(), false, -1, -1, -1);
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
        for (int look = 1; look < Findings.PHANTOM_LOOKS; look++) {
            endpoint("a").report(page(0, 0));
            assertThat(found()).as("look %d", look).isEmpty();
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
