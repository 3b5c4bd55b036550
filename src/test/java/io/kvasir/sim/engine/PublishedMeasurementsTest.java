package io.kvasir.sim.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

/**
 * The step model against what NVIDIA published of NIM with Llama-3.3-70B in fp8 on two H100s, prompts of 5,000 and answers of
 * 500 tokens (docs.nvidia.com/nim/benchmarking/llm/1.0.0/performance). Two shares of the datasheet's peaks are fitted at a
 * concurrency of 1 and of 25; the others are held out.
 */
class PublishedMeasurementsTest {
    private static final int PROMPT = 5000;
    private static final int OUTPUT = 500;

    private static final ModelProfile MODEL =
            new ModelProfile("llama-3.3-70b-fp8", 70.6e9, 70.6e9, 163_840, 80, 8192, 131_072);

    /** What a load test saw: seconds to the first token and between tokens, on average, and output tokens per second. */
    private record Seen(double ttft, double itl, double throughput) {}

    private static final class Client implements SequenceListener {
        private final Engine engine;
        private final List<double[]> ended;
        private long next;
        private long submitted;
        private long first;

        Client(Engine engine, List<double[]> ended, int number) {
            this.engine = engine;
            this.ended = ended;
            next = number * 1_000_000L;
        }

        void submit(long now) {
            submitted = now;
            var prompt = new PieceBuilder(16).piece(++next, PROMPT).build();
            var _ = engine.submit(prompt, new Output(OUTPUT, -next, true), this, now);
        }

        @Override
        public void onToken(Sequence sequence, int index, long atNanos) {
            if (index == 0) {
                first = atNanos;
            }
        }

        @Override
        public void onFinish(Sequence sequence, long atNanos) {
            ended.add(
                    new double[] {(first - submitted) * 1e-9, (atNanos - first) * 1e-9 / (OUTPUT - 1), atNanos * 1e-9});
            submit(atNanos);
        }
    }

    private static HardwareProfile twoH100(double ofBandwidth, double ofFlops) {
        return new HardwareProfile(
                "2xh100",
                "nvidia",
                "H100",
                "",
                160e9,
                0.9,
                6e9,
                6.7e12,
                ofBandwidth,
                3958e12,
                ofFlops,
                0.001,
                8192,
                256,
                16,
                16_384);
    }

    /** So many clients that each ask again when they were answered; what they saw after the first wave. */
    private static Seen measure(HardwareProfile device, int concurrency) {
        var engine = new Engine(device.limits(MODEL, 16), new StepCost(device, MODEL));
        var ended = new ArrayList<double[]>();
        for (int i = 0; i < concurrency; i++) {
            new Client(engine, ended, i).submit(0);
        }
        int wanted = 4 * concurrency;
        while (ended.size() < wanted) {
            engine.step(engine.due());
        }
        var measured = ended.subList(concurrency, wanted);
        double seconds = ended.get(wanted - 1)[2] - ended.get(concurrency - 1)[2];
        return new Seen(
                measured.stream().mapToDouble(one -> one[0]).average().orElseThrow(),
                measured.stream().mapToDouble(one -> one[1]).average().orElseThrow(),
                (wanted - concurrency) * OUTPUT / seconds);
    }

    /** Where a falling function meets a value, between two bounds. */
    private static double meets(DoubleUnaryOperator falling, double value) {
        double low = 0.1;
        double high = 1;
        for (int i = 0; i < 20; i++) {
            double middle = (low + high) / 2;
            if (falling.applyAsDouble(middle) > value) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return (low + high) / 2;
    }

    private static HardwareProfile fitted() {
        // one sequence decodes as fast as weights are read; 25 are as fast as prompts leave them time
        double bandwidth = meets(share -> measure(twoH100(share, 0.5), 1).itl, 0.0186);
        double flops = meets(share -> measure(twoH100(bandwidth, share), 25).itl, 0.0388);
        return twoH100(bandwidth, flops);
    }

    @Test
    void whatWasHeldOutIsAsPublished() {
        var device = fitted();

        assertThat(device.bandwidthShare()).isBetween(0.5, 0.75);
        assertThat(device.flopsShare()).isBetween(0.35, 0.65);
        expect(measure(device, 1), 0.0186, 52);
        expect(measure(device, 25), 0.0388, 623);
        expect(measure(device, 5), 0.0218, 218);
        var before = measure(device, 50);
        expect(before, 0.0597, 814);
        var after = measure(device, 100);
        expect(after, 0.0929, 917);
        var far = measure(device, 250);
        expect(far, 0.0932, 920);

        // the knee: at 50 nobody waits for room, at 100 everybody does, and more clients get nothing more
        assertThat(before.ttft).isLessThan(2);
        assertThat(after.ttft).isGreaterThan(4);
        assertThat(far.throughput).isCloseTo(after.throughput, withinPercentage(5));
    }

    private static void expect(Seen seen, double itl, double throughput) {
        assertThat(seen.throughput).isCloseTo(throughput, withinPercentage(15));
        assertThat(seen.itl).isCloseTo(itl, withinPercentage(20));
    }
}
