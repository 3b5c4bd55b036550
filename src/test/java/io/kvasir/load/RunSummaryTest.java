package io.kvasir.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunSummaryTest {
    /** Times below are in units of two seconds. */
    private static final long SECOND = 2_000_000_000L;

    static Sample sample(int index, double intended, double sent, double first, double end, String outcome) {
        return new Sample(
                index,
                TraceTest.request(0, 600, 1, 2),
                (long) (intended * SECOND),
                (long) (sent * SECOND),
                first < 0 ? -1 : (long) (first * SECOND),
                (long) (end * SECOND),
                5,
                600,
                100,
                index % 4 == 0 ? "mig-1g-0" : "h200-" + index,
                outcome);
    }

    static RunSummary summary(double ttft) {
        return RunSummary.of(
                10,
                List.of(
                        sample(0, 0, 0.1, ttft, 2, Sample.COMPLETE),
                        sample(1, 1, 1, 1 + ttft, 3, Sample.COMPLETE),
                        sample(2, 2, 2, -1, 9, Sample.UNFINISHED),
                        sample(3, 3, 3, -1, 4, "status 503")),
                new int[] {400, 400, 400, 400},
                new Histogram(2),
                new EndpointClasses(),
                new CpuSeconds(1, 2, 3));
    }

    @Test
    void percentilesAreNearestRank() {
        var spread = Spread.of(
                IntStream.rangeClosed(1, 200).mapToDouble(i -> 201 - i).toArray());

        assertThat(spread).isEqualTo(new Spread(200, 100, 180, 198, 100.5, 200));
        assertThat(Spread.of(new double[] {3})).isEqualTo(new Spread(1, 3, 3, 3, 3, 3));
        assertThat(Spread.of(new double[0]).p99()).isZero();
    }

    @Test
    void timesAreSimulatedSecondsFromTheIntendedSend() {
        var run = summary(0.5);

        assertThat(run.ttft().p50()).isCloseTo(1.0, within(1e-9));
        assertThat(run.ttftFromSend().p50()).isCloseTo(1.0, within(1e-9));
        assertThat(run.e2e().p50()).isCloseTo(4.0, within(1e-9));
        assertThat(run.lag().max()).isCloseTo(0.2, within(1e-9));
        assertThat(run.seconds()).isCloseTo(18, within(1e-9));
    }

    @Test
    void requestsGivenUpCountWithTheTimeTheyWaitedAndFailedOnesDoNot() {
        var run = summary(0.5);

        assertThat(run.requests()).isEqualTo(4);
        assertThat(run.complete()).isEqualTo(2);
        assertThat(run.unfinished()).isEqualTo(1);
        assertThat(run.errors()).containsOnlyKeys("status 503");
        assertThat(run.ttft().count()).isEqualTo(3);
        assertThat(run.ttft().max()).isCloseTo(14, within(1e-9));
    }

    @Test
    void cachedTokensAreAShareOfTheIdealAndRequestsOfTheirClass() {
        var run = summary(0.5);

        assertThat(run.hitShare()).isCloseTo(0.25, within(1e-9));
        assertThat(run.share("h200")).isCloseTo(0.75, within(1e-9));
        assertThat(run.share("mig-1g")).isCloseTo(0.25, within(1e-9));
    }

    @Test
    void aSavedRunIsReadBackUnlessSettingsDiffer(@TempDir Path folder) throws Exception {
        var store = new ResultStore(folder);
        var scenario = ScenarioReaderTest.scenario(folder, "");
        var arm = new Arm(Rate.parse("80%"), "time", 1);

        assertThat(store.run(scenario, arm)).isEmpty();
        store.save(scenario, arm, summary(0.5));
        store.saveCapacity(scenario, 1, 12.5);

        assertThat(store.run(scenario, arm).map(RunSummary::toJson))
                .contains(summary(0.5).toJson());
        assertThat(store.capacity(scenario, 1)).hasValue(12.5);
        assertThat(store.capacity(scenario, 2)).isEmpty();
        var other = ScenarioReaderTest.scenario(folder, "time-scale: 3");
        assertThat(store.run(other, arm)).isEmpty();
        assertThat(store.capacity(other, 1)).isEmpty();
    }

    @Test
    void theReportGivesMediansAndRangesOverSeeds(@TempDir Path folder) throws Exception {
        var scenario = ScenarioReaderTest.scenario(folder, "");
        var report = new ScenarioReport(scenario);
        var rate = Rate.parse("80%");
        report.add(new Arm(rate, "time", 1), summary(0.25));
        report.add(new Arm(rate, "time", 2), summary(0.5));
        report.add(new Arm(rate, "time", 3), summary(0.75));

        assertThat(report.text())
                .contains("Rate 80%: 10.00 requests a second")
                .contains("| policy | seeds | TTFT p50         |")
                .contains("| time   | 3     | 1.00 [0.50–1.50] | 14.00 ")
                .contains("| 25 %")
                .doesNotContain("Rate 50%");
        assertThat(report.hasFailures()).isTrue();
    }

    @Test
    void requestsCanBeSavedOneByOne(@TempDir Path folder) throws Exception {
        var file = new ResultStore(folder)
                .saveRequests(
                        ScenarioReaderTest.scenario(folder, ""),
                        new Arm(Rate.parse("35/s"), "time", 1),
                        List.of(sample(0, 1, 1, -1, 2, "cut off")),
                        new int[] {7});

        assertThat(file).hasFileName("35rps-time-seed1.csv");
        assertThat(Files.readAllLines(file))
                .containsExactly(
                        "index,intended,sent,first,end,input,output,cached,ideal,endpoint,outcome",
                        "0,0,0,-1,2000000000,600,5,100,7,mig-1g-0,cut off");
    }
}
