package io.kvasir.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What rates learn from durations whose truth is known. */
class RateFitTest {
    private static final EndpointRates BELIEVED = new EndpointRates(0.006, 2e-5, 5e-10, 0.003, 4e-8, 0.0015, 8192);

    private final SplittableRandom random = new SplittableRandom(11);
    private EndpointRates now = BELIEVED;
    private final RateFit fit = new RateFit();

    private static EndpointRates times(double overhead, double compute, double memory) {
        return new EndpointRates(
                BELIEVED.overheadSeconds() * overhead,
                BELIEVED.tokenSeconds() * compute,
                BELIEVED.attentionSeconds() * compute,
                BELIEVED.weightSeconds() * memory,
                BELIEVED.contextSeconds() * memory,
                BELIEVED.stepSeconds() * overhead,
                8192);
    }

    private double noise(double share) {
        return 1 + share * (random.nextDouble() * 2 - 1);
    }

    private void request(EndpointRates truth, double noise) {
        double[] parts = new double[RateFit.PARTS];
        double uncached = Math.exp(random.nextDouble(4, 10));
        double context = random.nextDouble(400_000);
        double sequences = 1 + random.nextInt(60);
        now.prefillParts(BELIEVED, 1, uncached, 0, context, parts);
        fit.observe(parts, truth.prefillSeconds(uncached, 0, context) * noise(noise), 1);
        now = BELIEVED.scaled(fit);
        now.decodingParts(BELIEVED, new Decoding(1, sequences, context, 0, 0, 0), parts);
        fit.observe(parts, truth.interTokenSeconds(sequences, context) * noise(noise), 1);
        now = BELIEVED.scaled(fit);
    }

    private double worstError(EndpointRates truth) {
        double worst = 0;
        for (double uncached : new double[] {50, 1000, 8000, 30_000}) {
            for (double context : new double[] {1000, 200_000}) {
                double prefill = now.prefillSeconds(uncached, 0, context) / truth.prefillSeconds(uncached, 0, context);
                double decode = now.interTokenSeconds(20, context) / truth.interTokenSeconds(20, context);
                worst = Math.max(worst, Math.max(Math.abs(prefill - 1), Math.abs(decode - 1)));
            }
        }
        return worst;
    }

    @Test
    void thePartsOfADurationAddUpToIt() {
        double[] parts = new double[RateFit.PARTS];
        for (double uncached : new double[] {1, 500, 30_000}) {
            for (double context : new double[] {0, 1e6}) {
                BELIEVED.prefillParts(BELIEVED, 1, uncached, 700, context, parts);
                assertThat(sum(parts)).isCloseTo(BELIEVED.prefillSeconds(uncached, 700, context), within(1e-12));
                BELIEVED.decodingParts(BELIEVED, new Decoding(1, uncached, context, 0, 0, 0), parts);
                assertThat(sum(parts)).isCloseTo(BELIEVED.interTokenSeconds(uncached, context), within(1e-12));
                var stretch = new Decoding(90, 40, context, uncached / 100, uncached, 700 * uncached);
                BELIEVED.decodingParts(BELIEVED, stretch, parts);
                assertThat(sum(parts)).isCloseTo(BELIEVED.decodingSeconds(stretch), within(1e-9));
            }
        }
    }

    private static double sum(double[] parts) {
        double sum = 0;
        for (double part : parts) {
            sum += part;
        }
        return sum;
    }

    @Test
    void ratesThatAreWrongByTwoInAnyDirectionAreRightAfterAHundredRequests() {
        double[][] wrongs = {{1, 2, 0.5}, {1, 0.5, 2}, {2, 2, 2}, {0.5, 0.5, 0.5}, {1, 2, 2}, {2, 0.5, 0.5}};
        for (double[] wrong : wrongs) {
            var learner = new RateFitTest();
            var truth = times(wrong[0], wrong[1], wrong[2]);
            for (int i = 0; i < 100; i++) {
                learner.request(truth, 0.2);
            }
            assertThat(learner.worstError(truth)).as("%s", truth).isLessThan(0.15);
            assertThat(learner.fit.usualError()).isLessThan(0.25);
        }
    }

    @Test
    void aFewDurationsThatHaveNothingToDoWithTheRatesMoveThemByLittle() {
        for (int i = 0; i < 200; i++) {
            request(BELIEVED, 0.1);
        }
        double before = worstError(BELIEVED);
        for (int i = 0; i < 5; i++) {
            double[] parts = new double[RateFit.PARTS];
            now.prefillParts(BELIEVED, 1, 1000, 0, 0, parts);
            fit.observe(parts, 30, 1);
            now = BELIEVED.scaled(fit);
        }

        assertThat(worstError(BELIEVED)).isLessThan(before + 0.15);
    }

    @Test
    void whatChangesIsFollowed() {
        for (int i = 0; i < 300; i++) {
            request(BELIEVED, 0.1);
        }
        var truth = times(1.5, 1.8, 0.6);
        for (int i = 0; i < 400; i++) {
            request(truth, 0.1);
        }

        assertThat(worstError(truth)).isLessThan(0.15);
    }

    @Test
    void whatIsNeverSeenKeepsItsBelief() {
        double[] parts = new double[RateFit.PARTS];
        for (int i = 0; i < 2000; i++) {
            now.decodingParts(BELIEVED, new Decoding(1, 10, 50_000, 0, 0, 0), parts);
            fit.observe(parts, 2 * BELIEVED.interTokenSeconds(10, 50_000), 1);
            now = BELIEVED.scaled(fit);
        }

        assertThat(now.interTokenSeconds(10, 50_000))
                .isCloseTo(2 * BELIEVED.interTokenSeconds(10, 50_000), within(1e-4));
        assertThat(now.overheadSeconds()).isEqualTo(BELIEVED.overheadSeconds());
        assertThat(now.attentionSeconds()).isCloseTo(BELIEVED.attentionSeconds(), within(0.25e-10));
    }

    @Test
    void whatHasTheSameCauseGoesAlongUnseen() {
        double[] parts = new double[RateFit.PARTS];
        for (int i = 0; i < 50; i++) {
            now.prefillParts(BELIEVED, 1, 8_000, 0, 0, parts);
            // hardly any attention in it
            parts[2] = 0;
            fit.observe(parts, 2 * sum(parts), 1);
            now = BELIEVED.scaled(fit);
        }

        assertThat(fit.scale(1)).isGreaterThan(1.8);
        assertThat(fit.scale(2)).isGreaterThan(1.6);
        assertThat(fit.scale(4)).isLessThan(1.2);
    }

    /** Streams beside which many prompts are computed, most of whose steps take one. */
    @Test
    void decodingBesideManyPromptsTeachesBothRates() {
        var truth = times(1, 1.6, 0.7);
        double[] parts = new double[RateFit.PARTS];
        for (int i = 0; i < 400; i++) {
            double steps = 50 + random.nextInt(400);
            double chunks = steps * random.nextDouble(0.2, 0.8);
            double tokens = chunks * random.nextDouble(50, 3_000);
            var stretch = new Decoding(
                    steps, 1 + random.nextInt(100), random.nextDouble(500_000), chunks, tokens, tokens * 1_000);
            now.decodingParts(BELIEVED, stretch, parts);
            fit.observe(parts, truth.decodingSeconds(stretch) * noise(0.2), 0.5);
            now = BELIEVED.scaled(fit);
        }

        assertThat(worstError(truth)).isLessThan(0.15);
    }

    @Test
    void chunksThatMeetInOneStepMakeItLongerButNotMore() {
        var alone = new Decoding(100, 10, 20_000, 0, 0, 0);
        var few = new Decoding(100, 10, 20_000, 1, 1_000, 500_000);
        var many = new Decoding(100, 10, 20_000, 400, 1_000, 500_000);

        double step = BELIEVED.interTokenSeconds(10, 20_000);
        assertThat(BELIEVED.decodingSeconds(alone)).isCloseTo(100 * step, within(1e-9));
        // a thousand and ten tokens are computed in 20.2 ms, in which weights are read, 3 ms before; attention takes
        // 0.25 ms
        assertThat(BELIEVED.decodingSeconds(few) - 100 * step).isCloseTo(0.01745, within(2e-4));
        assertThat(many.mixedShare()).isCloseTo(0.98, within(0.01));
        assertThat(BELIEVED.decodingSeconds(many)).isLessThan(BELIEVED.decodingSeconds(few));
    }

    @Test
    void whatWasRestoredIsForgottenWhereNothingShowsIt() {
        double[] parts = new double[RateFit.PARTS];
        fit.restore(new double[] {1, 16, 16, 1, 1, 16}, 1_000);
        assertThat(fit.scale(5)).isEqualTo(16);
        now = BELIEVED.scaled(fit);
        for (int i = 0; i < 5_000; i++) {
            now.decodingParts(BELIEVED, new Decoding(1, 1, 50_000, 0, 0, 0), parts);
            fit.observe(parts, BELIEVED.interTokenSeconds(1, 50_000), 1);
            now = BELIEVED.scaled(fit);
        }

        assertThat(now.interTokenSeconds(1, 50_000)).isCloseTo(BELIEVED.interTokenSeconds(1, 50_000), within(1e-4));
        // next to nothing of one token is computing
        assertThat(fit.scale(1)).isBetween(0.5, 2.0);
        assertThat(fit.scale(5)).isBetween(0.5, 2.0);
    }

    @Test
    void noWorkAndNoDurationMakesAScaleThatIsNoNumber() {
        double[] amounts = {0, 1e-300, 1, 1e4, 1e9, 1e15, 1e300, Double.MAX_VALUE};
        double[] parts = new double[RateFit.PARTS];
        for (boolean catalogued : new boolean[] {true, false}) {
            var any = new RateFit(catalogued);
            var learned = BELIEVED;
            for (int i = 0; i < 20_000; i++) {
                double steps = amounts[random.nextInt(amounts.length)];
                double tokens = amounts[random.nextInt(amounts.length)];
                double context = amounts[random.nextInt(amounts.length)];
                if (random.nextBoolean()) {
                    learned.prefillParts(BELIEVED, 1, tokens, steps, context, parts);
                } else {
                    double chunks = amounts[random.nextInt(amounts.length)];
                    learned.decodingParts(
                            BELIEVED, new Decoding(steps, 1, context, chunks, tokens, tokens * steps), parts);
                }
                double trust = random.nextInt(10) == 0 ? Double.NaN : random.nextDouble();
                any.observe(parts, amounts[random.nextInt(amounts.length)], trust);
                learned = BELIEVED.scaled(any);
            }
            for (int i = 0; i < RateFit.PARTS; i++) {
                assertThat(any.scale(i)).isBetween(RateFit.LEAST, RateFit.MOST);
            }
            assertThat(any.usualError()).isBetween(0.0, 1.0);
        }
    }

    @Test
    void nonsenseIsIgnoredAndScalesStayWithinTheirLimits() {
        double[] parts = new double[RateFit.PARTS];
        for (double seconds : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
            now.prefillParts(BELIEVED, 1, 1000, 0, 0, parts);
            assertThat(fit.observe(parts, seconds, 1)).isNaN();
        }
        for (int i = 0; i < 5000; i++) {
            now.prefillParts(BELIEVED, 1, Math.exp(random.nextDouble(0, 12)), 0, 0, parts);
            fit.observe(parts, random.nextBoolean() ? 1e9 : 1e-9, 1);
            now = BELIEVED.scaled(fit);
        }

        for (int i = 0; i < RateFit.PARTS; i++) {
            assertThat(fit.scale(i)).isBetween(RateFit.LEAST, RateFit.MOST);
        }
    }
}
