package io.kvasir.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.HardwareClass;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The shape of the time model against the steps of two real GPUs: {@code real-gpu/*.csv}, written by {@code
 * load-tests/real-gpu/steps.py} there.
 */
class RealGpuTest {
    private static final double PARAMETERS = 8.03e9;
    private static final Pattern CELLS = Pattern.compile(",");

    /**
     * One measured step.
     *
     * @param stretch the step as a stretch of decoding of one step
     */
    private record Step(Decoding stretch, double seconds) {}

    private static List<Step> steps(String gpu, String weights) throws IOException {
        try (var in = RealGpuTest.class.getResourceAsStream("/real-gpu/" + gpu + ".csv")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> line.startsWith(weights))
                    .map(line -> step(CELLS.splitAsStream(line)
                            .skip(1)
                            .mapToDouble(Double::parseDouble)
                            .toArray()))
                    .toList();
        }
    }

    private static Step step(double[] row) {
        double decoding = row[0];
        double chunk = row[2];
        double pairs = chunk * (row[3] + chunk / 2);
        // so many chunks that all steps take one
        return new Step(new Decoding(1, decoding, decoding * row[1], chunk > 0 ? 1e3 : 0, chunk, pairs), row[4] / 1e3);
    }

    private static HardwareClass hardware(String gpu) {
        var product = gpu.equals("h200") ? "NVIDIA-H200" : "NVIDIA-H100-80GB-HBM3";
        return HardwareCatalogue.load()
                .classOf(EndpointSpec.builder("e", "10.0.0.1", 80)
                        .vendor("nvidia")
                        .product(product)
                        .build());
    }

    /** Relative errors, the least first. */
    private static double[] errors(EndpointRates rates, List<Step> steps) {
        return steps.stream()
                .mapToDouble(step -> Math.abs(rates.decodingSeconds(step.stretch) / step.seconds - 1))
                .sorted()
                .toArray();
    }

    @ParameterizedTest
    @CsvSource({"h200, bf16, 2", "h200, fp8, 1", "h100, bf16, 2", "h100, fp8, 1"})
    void scalesLearnedFromHalfOfTheStepsTellTheOtherHalf(String gpu, String weights, int bytes) throws IOException {
        var believed =
                EndpointRates.of(hardware(gpu), new ModelShape(PARAMETERS, bytes * PARAMETERS, 131_072, 32, 4096), 1);
        var steps = steps(gpu, weights);
        assertThat(steps).hasSizeGreaterThan(55);
        var learned = new ArrayList<Step>();
        var held = new ArrayList<Step>();
        for (int i = 0; i < steps.size(); i++) {
            (i % 2 == 0 ? learned : held).add(steps.get(i));
        }
        var fit = new RateFit();
        var now = believed;
        var random = new SplittableRandom(3);
        double[] parts = new double[RateFit.PARTS];
        for (int i = 0; i < 1_000; i++) {
            var step = learned.get(random.nextInt(learned.size()));
            now.decodingParts(believed, step.stretch, parts);
            fit.observe(parts, step.seconds, 1);
            now = believed.scaled(fit);
        }

        double[] errors = errors(now, held);
        assertThat(errors[errors.length / 2]).isLessThan(0.05);
        assertThat(errors[errors.length * 9 / 10]).isLessThan(0.15);
    }

    @Test
    void attentionHidesBehindNothing() throws IOException {
        // 192 sequences decode beside a chunk: they cost what they attend to, however long the chunk computes
        var steps = steps("h200", "bf16");
        double few = seconds(steps, 192, 2048) - seconds(steps, 0, 2048);
        double many = seconds(steps, 192, 8192) - seconds(steps, 0, 8192);
        assertThat(many).isCloseTo(few, within(0.2 * few));
    }

    private static double seconds(List<Step> steps, double decoding, double chunk) {
        return steps.stream()
                .filter(step -> step.stretch.sequences() == decoding
                        && step.stretch.promptTokens() == chunk
                        && step.stretch.promptPairs() == chunk * chunk / 2)
                .findFirst()
                .orElseThrow()
                .seconds;
    }
}
