package io.kvasir.load.workload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.kvasir.load.replay.PromptShape;
import io.kvasir.load.replay.ReplayRequest;
import io.kvasir.load.replay.Slo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class WorkloadsTest {
    private static final Path TRACES = Path.of("load-tests", "traces");

    @TestFactory
    Stream<DynamicTest> everyWorkloadIsTheSameForASeedAndAnotherForAnother() {
        return Workloads.NAMES.stream()
                .map(name -> DynamicTest.dynamicTest(name, () -> {
                    var workload = Workloads.named(name, TRACES, 200, null);
                    var once = workload.requests(7, 5);
                    assertThat(told(workload.requests(7, 5))).isEqualTo(told(once));
                    assertThat(told(workload.requests(8, 5))).isNotEqualTo(told(once));
                    assertThat(workload.name()).isEqualTo(name);
                }));
    }

    @TestFactory
    Stream<DynamicTest> everyWorkloadComesAtItsRateInOrderAndWithEachParentBeforeItsChild() {
        return Workloads.NAMES.stream()
                .map(name -> DynamicTest.dynamicTest(name, () -> {
                    var requests = Workloads.named(name, TRACES, 400, null).requests(3, 6);
                    assertThat((double) requests.size()).isCloseTo(400 * 6, within(120.0));
                    double last = 0;
                    for (int i = 0; i < requests.size(); i++) {
                        var request = requests.get(i);
                        assertThat(request.id()).isEqualTo(i);
                        assertThat(request.parent()).isLessThan(i);
                        assertThat(request.slo()).isNotNull();
                        assertThat(request.prompt().length() + request.outputTokens())
                                .isLessThanOrEqualTo(131_072);
                        if (request.parent() < 0) {
                            assertThat(request.arrivalSeconds()).isBetween(last, 450.0);
                            last = request.arrivalSeconds();
                        }
                    }
                }));
    }

    @Test
    void agentsAreWhatIsPublishedOfThem() {
        var requests = new AgenticWorkload(900, null).requests(1, 12);
        assertThat(quantile(requests, r -> r.prompt().length(), 0.5)).isBetween(30_000, 80_000);
        assertThat(mean(requests, r -> r.prompt().length())).isBetween(40_000.0, 70_000.0);
        assertThat(quantile(requests, ReplayRequest::outputTokens, 0.5)).isBetween(290, 345);
        assertThat(quantile(requests, ReplayRequest::outputTokens, 0.9)).isBetween(1_550, 1_850);
        double ofSubAgents =
                requests.stream().filter(r -> r.kind().equals("sub-agent")).count() / (double) requests.size();
        assertThat(ofSubAgents).isBetween(0.44, 0.60);
        // "more than 96 % of input cached" where nothing is ever thrown away
        assertThat(reusable(requests)).isBetween(0.90, 0.99);
    }

    @Test
    void aSubAgentForksFromTheContextOfWhoSentIt() {
        var requests = new AgenticWorkload(900, null).requests(1, 12);
        var forks = requests.stream()
                .filter(r -> r.kind().equals("sub-agent") && r.parent() >= 0)
                .filter(r -> requests.get(r.parent()).kind().equals("agent"))
                .toList();
        assertThat(forks).hasSizeGreaterThan(50);
        assertThat(forks).allSatisfy(fork -> {
            var parent = requests.get(fork.parent());
            assertThat(fork.session()).isEqualTo(parent.session());
            assertThat(fork.prompt().shared(parent.prompt()))
                    .isIn(parent.prompt().length(), parent.prompt().tokens(0));
        });
        var siblings = forks.stream().collect(Collectors.groupingBy(ReplayRequest::parent, Collectors.counting()));
        assertThat(siblings.values()).anyMatch(several -> several > 1);
    }

    @Test
    void aTurnRepeatsWhatWasSaidAndAnswered() {
        var requests = new DayWorkload(300, null).requests(5, 10);
        var later = requests.stream().filter(r -> r.parent() >= 0).toList();
        assertThat(later).isNotEmpty().allSatisfy(turn -> {
            var before = requests.get(turn.parent());
            assertThat(turn.prompt().shared(before.prompt().then(before.answer(), before.outputTokens())))
                    .isEqualTo(before.prompt().length() + before.outputTokens());
            assertThat(turn.thinkSeconds()).isBetween(5.0, 300.0);
        });
    }

    @Test
    void aDayHasANightANoonAndBursts() {
        var requests = new DayWorkload(600, null).requests(2, 20);
        var begun = requests.stream()
                .filter(r -> r.prompt().pieces() == 2)
                .collect(Collectors.groupingBy(r -> (int) (r.arrivalSeconds() / 10), Collectors.counting()));
        long night =
                IntStream.range(1, 6).mapToLong(i -> begun.getOrDefault(i, 0L)).sum();
        long noon = IntStream.range(28, 33)
                .mapToLong(i -> begun.getOrDefault(i, 0L))
                .sum();
        assertThat(noon).isGreaterThan(2 * night);
        var day = new DayWorkload(600, null);
        assertThat(day.shape(100, new double[] {95})).isCloseTo(day.shape(100, new double[0]) + 2, within(1e-9));
    }

    @Test
    void documentsThatManyAskForMakeRagReusableAndQuestionsDoNot() throws IOException {
        var rag = Workloads.named("rag", TRACES, 600, null).requests(1, 10);
        assertThat(mean(rag, r -> r.prompt().length())).isBetween(10_000.0, 18_000.0);
        assertThat(reusable(rag)).isBetween(0.4, 0.9);
        assertThat(reusable(Workloads.named("unique", TRACES, 600, null).requests(1, 10)))
                .isZero();
    }

    @Test
    void uniquePromptsHaveTheLengthsOfTheAzureTrace() throws IOException {
        var requests = Workloads.named("unique", TRACES, 100_000, null).requests(1, 1);
        assertThat(requests).hasSize(19_366);
        assertThat(quantile(requests, r -> r.prompt().length(), 0.5)).isEqualTo(1_020);
        assertThat(quantile(requests, ReplayRequest::outputTokens, 0.9)).isEqualTo(424);
    }

    @Test
    void theLongAmongTheShortMayTakeTenTimesAsLongToTheirFirstToken() {
        var requests = new MixedWorkload(600, Workloads.slo("mixed-lengths")).requests(1, 10);
        var big = requests.stream().filter(r -> r.kind().equals("long")).toList();
        var small = requests.stream().filter(r -> r.kind().equals("short")).toList();
        assertThat(big.size() / (double) requests.size()).isBetween(0.08, 0.12);
        assertThat(big).allSatisfy(r -> {
            assertThat(r.prompt().length()).isGreaterThanOrEqualTo(16_000);
            assertThat(r.slo()).isEqualTo(new Slo(10, 0.05));
        });
        assertThat(small).allSatisfy(r -> {
            assertThat(r.prompt().length()).isLessThanOrEqualTo(12_000);
            assertThat(r.slo()).isEqualTo(new Slo(1, 0.05));
        });
    }

    @Test
    void whatIsNotAWorkloadOrHoldsTooMuchIsRefused() {
        assertThatThrownBy(() -> Workloads.named("agent", TRACES, 60, null))
                .hasMessage(
                        "workload: bad value \"agent\"; allowed: mooncake, agentic, rag, unique, day, mixed-lengths");
        assertThatThrownBy(() -> new RagWorkload(86_400, null).requests(1, 100))
                .hasMessage("requests of a run: 8640000; allowed: 1 to 2000000 (seconds times rate)");
    }

    private static List<String> told(List<ReplayRequest> requests) {
        return requests.stream()
                .map(r -> r.parent() + " " + r.arrivalSeconds() + " "
                        + r.prompt().length() + " " + r.prompt().id(r.prompt().pieces() - 1) + " " + r.outputTokens())
                .toList();
    }

    private static double mean(List<ReplayRequest> requests, ToIntFunction<ReplayRequest> value) {
        return requests.stream().mapToInt(value).average().orElseThrow();
    }

    private static int quantile(List<ReplayRequest> requests, ToIntFunction<ReplayRequest> value, double share) {
        int[] sorted = requests.stream().mapToInt(value).sorted().toArray();
        return sorted[(int) Math.ceil(share * sorted.length) - 1];
    }

    /** Share of prompt tokens that an endless cache would find, prompts taken in order. */
    private static double reusable(List<ReplayRequest> requests) {
        var longest = new HashMap<Long, Integer>();
        long found = 0;
        long all = 0;
        for (var request : requests) {
            found += note(request.prompt(), longest);
            all += request.prompt().length();
        }
        return found / (double) all;
    }

    private static int note(PromptShape prompt, Map<Long, Integer> longest) {
        int found = 0;
        long key = 17;
        boolean prefix = true;
        for (int i = 0; i < prompt.pieces(); i++) {
            key = 31 * key + prompt.id(i) * 0x9e3779b97f4a7c15L;
            int before = longest.getOrDefault(key, 0);
            if (prefix) {
                found += Math.min(before, prompt.tokens(i));
                prefix = before >= prompt.tokens(i);
            }
            longest.merge(key, prompt.tokens(i), Math::max);
        }
        return found;
    }
}
