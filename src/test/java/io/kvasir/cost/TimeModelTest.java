package io.kvasir.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EngineStats;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TimeModelTest {
    private static final String MODEL = "meta-llama/Llama-3.1-8B-Instruct";
    private static final long FRESH = 2_000_000_000L;

    private final TimeModel time = new TimeModel(ModelCatalogue.load());

    private static Work work(double prompt, double output) {
        return new Work(prompt, 0, 1, 1, output);
    }

    private static Endpoint endpoint(String product, long kvTokens) {
        return endpoint(product, MODEL, kvTokens);
    }

    private static Endpoint endpoint(String product, @Nullable String model, long kvTokens) {
        var pool = new Pool(HardwareCatalogue.load());
        pool.apply(List.of(EndpointSpec.builder("e", "10.0.0.1", 80)
                .product(product)
                .model(model)
                .kvTokens(kvTokens)
                .build()));
        return pool.snapshot().at(0);
    }

    private static EngineStats waiting(int waiting) {
        return EngineStats.at(0)
                .running(0)
                .waiting(waiting)
                .kvUsage(0)
                .blocks(16, 1000)
                .build();
    }

    @Test
    void anEightBillionModelPrefillsAboutFiftyThousandTokensASecondOnAnH100() {
        var rates = time.rates(endpoint("NVIDIA-H100", 0), MODEL).rates();

        assertThat(8000 / rates.prefillSeconds(8000, 0, 0)).isBetween(30_000.0, 60_000.0);
        assertThat(rates.interTokenSeconds(1, 1000)).isBetween(0.003, 0.008);
    }

    @Test
    void cachedTokensMakePrefillCheaperButAttentionStillReadsThem() {
        var rates = time.rates(endpoint("NVIDIA-H200", 0), MODEL).rates();

        double all = rates.prefillSeconds(10_000, 0, 0);
        double half = rates.prefillSeconds(5_000, 5_000, 0);
        double alone = rates.prefillSeconds(5_000, 0, 0);

        assertThat(half).isLessThan(all).isGreaterThan(alone);
    }

    @Test
    void waitIsOurPendingPrefillLessWhatTheFirstHasHad() {
        var endpoint = endpoint("NVIDIA-H200", 0);
        var rates = time.rates(endpoint, MODEL).rates();
        endpoint.load().placePrefill(100_000_000, 0);
        endpoint.load().placePrefill(100_000_000, 0);

        assertThat(time.waitSeconds(endpoint, rates, 0, FRESH)).isCloseTo(0.2, within(1e-9));
        assertThat(time.waitSeconds(endpoint, rates, 40_000_000, FRESH)).isCloseTo(0.16, within(1e-9));
        // the first is late: no more than its whole share is taken off
        assertThat(time.waitSeconds(endpoint, rates, 900_000_000, FRESH)).isCloseTo(0.1, within(1e-9));
    }

    @Test
    void promptsOfOthersThatWaitAreCountedWhileTheMetricsAreFresh() {
        var endpoint = endpoint("NVIDIA-H200", 0);
        var rates = time.rates(endpoint, MODEL).rates();
        endpoint.report(waiting(3));

        assertThat(time.waitSeconds(endpoint, rates, 1, FRESH)).isPositive();
        assertThat(time.waitSeconds(endpoint, rates, FRESH + 1, FRESH)).isZero();
    }

    @Test
    void whatWaitedOfOursWhenThePageCameIsNotTakenForOthersOnceItRuns() {
        var endpoint = endpoint("NVIDIA-H200", 0);
        var rates = time.rates(endpoint, MODEL).rates();
        for (int i = 0; i < 3; i++) {
            endpoint.load().placePrefill(100_000_000, 0);
        }
        endpoint.report(waiting(3));
        for (int i = 0; i < 3; i++) {
            endpoint.load().releasePrefill(100_000_000, 1);
        }

        assertThat(time.waitSeconds(endpoint, rates, 1, FRESH)).isZero();
    }

    @Test
    void aFullCacheMakesARequestWaitForOthersToEnd() {
        var endpoint = endpoint("NVIDIA-H200", 10_000);
        var rates = time.rates(endpoint, MODEL).rates();
        for (int i = 0; i < 4; i++) {
            endpoint.load().place(2_000, 200);
        }

        assertThat(time.kvWaitSeconds(endpoint, rates, work(800, 200))).isZero();
        assertThat(time.kvWaitSeconds(endpoint, rates, work(3_800, 200)))
                .isGreaterThan(time.kvWaitSeconds(endpoint, rates, work(1_800, 200)))
                .isPositive();
    }

    @Test
    void whatRequestsInFlightHaveInCommonTakesRoomOnce() {
        var endpoint = endpoint("NVIDIA-H200", 10_000);
        var rates = time.rates(endpoint, MODEL).rates();
        for (int i = 0; i < 4; i++) {
            endpoint.load().place(2_000, 200);
        }
        assertThat(time.kvWaitSeconds(endpoint, rates, work(3_800, 200))).isPositive();

        // half of what the books say, page after page
        for (int i = 0; i < 100; i++) {
            endpoint.report(
                    EngineStats.at(1).running(4).waiting(0).kvUsage(0.42).build());
        }

        assertThat(endpoint.load().distinctShare()).isCloseTo(0.5, within(0.001));
        assertThat(time.kvWaitSeconds(endpoint, rates, work(3_800, 200))).isZero();
    }

    /** Has a replica take three times as long as others like it, until {@code nowNanos} and for a while. */
    private static double slow(Endpoint endpoint, long nowNanos) {
        for (int i = 0; i < 50; i++) {
            endpoint.pace().observed(3, 1, nowNanos);
        }
        double pace = endpoint.pace().factor(nowNanos);
        assertThat(pace).isGreaterThan(2);
        return pace;
    }

    @Test
    void whereSomeDecodeHalfAStepIsAheadOfAPromptThatNobodyIsAheadOf() {
        var endpoint = endpoint("NVIDIA-H200", 0);
        var rates = time.rates(endpoint, MODEL).rates();
        assertThat(time.waitSeconds(endpoint, rates, 1, FRESH)).isZero();
        for (int i = 0; i < 8; i++) {
            endpoint.load().place(1_000, 200);
        }
        double half = rates.interTokenSeconds(8, 8 * 1_100) / 2;

        assertThat(time.waitSeconds(endpoint, rates, 1, FRESH)).isCloseTo(half, within(1e-12));
        assertThat(time.predict(endpoint, MODEL, work(500, 100), 0, 1, FRESH).waiting())
                .isCloseTo(half, within(1e-12));

        // prompts that are in line are met by a step of their own
        endpoint.load().placePrefill(8, 100_000_000, 1);
        assertThat(time.waitSeconds(endpoint, rates, 1, FRESH)).isCloseTo(0.1, within(1e-9));
    }

    @Test
    void ofASlowReplicaEveryWaitIsAsManyTimesAsLong() {
        var endpoint = endpoint("NVIDIA-H200", 10_000);
        var rates = time.rates(endpoint, MODEL).rates();
        endpoint.report(waiting(3));
        double othersPrompts = time.waitSeconds(endpoint, rates, 1, FRESH);
        double pace = slow(endpoint, 1);
        assertThat(time.waitSeconds(endpoint, rates, 1, FRESH)).isCloseTo(pace * othersPrompts, within(1e-9));

        for (int i = 0; i < 4; i++) {
            endpoint.load().place(2_000, 200);
        }
        long later = FRESH + 1;
        pace = endpoint.pace().factor(later);
        double step = pace * rates.interTokenSeconds(4, 4 * 2_100) / 2;
        double blocks = pace * time.kvWaitSeconds(endpoint, rates, work(3_800, 200));
        assertThat(time.waitSeconds(endpoint, rates, later, FRESH)).isCloseTo(step, within(1e-9));
        assertThat(time.waitSeconds(endpoint, rates, work(3_800, 200), later, FRESH))
                .isCloseTo(step + blocks, within(1e-9));
        assertThat(time.predict(endpoint, MODEL, work(3_800, 200), 0, later, FRESH)
                        .waiting())
                .isCloseTo(step + blocks, within(1e-9));
    }

    @Test
    void modelsThatNobodyListedAreSizedByTheirNames() {
        var models = ModelCatalogue.load();

        assertThat(models.shapeOf("acme/giant-80b-chat").activeParameters()).isCloseTo(80e9, within(1.0));
        assertThat(models.shapeOf("acme/unknown").activeParameters()).isCloseTo(8e9, within(1.0));
        assertThat(models.shapeOf("openai/gpt-oss-120b").activeParameters()).isCloseTo(5.1e9, within(1.0));
    }

    @Test
    void noNameOfAModelMakesACostThatIsNoNumber() {
        var endpoints = List.of(
                endpoint("NVIDIA-H200", null, 0), endpoint("CPU", null, 1_000), endpoint("nothing known", null, 0));
        var names = new ArrayList<>(List.of(
                "",
                "b",
                "0b",
                "0.0b",
                "0.00001b",
                "1e9b",
                "-7b",
                "+7b",
                "7.b",
                ".7b",
                "7..7b",
                "٣٢b",
                "NaN",
                "Infinity",
                "99999b",
                "9999999999b",
                "model-" + "9".repeat(240) + "b",
                "9".repeat(256),
                "9".repeat(400) + "b",
                "0." + "0".repeat(300) + "1b",
                "1".repeat(255) + "B",
                "7b".repeat(128),
                "llama-" + "7".repeat(30) + "b"));
        var random = new Random(5);
        String alphabet = "0123456789.bBxeE-+_/ ٣é";
        for (int i = 0; i < 5_000; i++) {
            names.add(random.ints(1 + random.nextInt(60), 0, alphabet.length())
                    .mapToObj(at -> alphabet.substring(at, at + 1))
                    .collect(Collectors.joining()));
        }
        for (String name : names) {
            for (Endpoint endpoint : endpoints) {
                var interned = time.rates(endpoint, name);
                var rates = interned.rates();
                assertThat(List.of(
                                rates.prefillSeconds(1, 0, 0),
                                rates.prefillSeconds(20_000_000, 0, 1e9),
                                rates.interTokenSeconds(1, 0),
                                rates.interTokenSeconds(1e6, 1e12),
                                time.transferSeconds(interned, 20_000_000),
                                time.kvWaitSeconds(endpoint, rates, work(1e7, 1e7))))
                        .as(name)
                        .allMatch(seconds -> seconds >= 0 && seconds < 1e12);
            }
        }
    }

    @Test
    void aSizeInANameIsKeptWithinWhatModelsHave() {
        var catalogue = ModelCatalogue.load();
        assertThat(catalogue.shapeOf("x-70b").activeParameters()).isEqualTo(70e9);
        assertThat(catalogue.shapeOf("x-0.5b").activeParameters()).isEqualTo(0.5e9);
        assertThat(catalogue.shapeOf("x-99999b").activeParameters()).isEqualTo(ModelCatalogue.MOST_BILLIONS * 1e9);
        assertThat(catalogue.shapeOf("x-0b").activeParameters()).isEqualTo(ModelCatalogue.LEAST_BILLIONS * 1e9);
        assertThat(catalogue.shapeOf("x-" + "9".repeat(400) + "b")).isEqualTo(catalogue.shapeOf("x"));
    }
}
