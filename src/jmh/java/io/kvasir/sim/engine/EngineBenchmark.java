package io.kvasir.sim.engine;

import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What virtual time costs: an engine under steady load without HTTP. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class EngineBenchmark {
    private static final int SEQUENCES = 64;
    private static final int PROMPT = 8000;
    private static final int OUTPUT = 200;

    private static final SequenceListener NOBODY = new SequenceListener() {
        @Override
        public void onToken(Sequence sequence, int index, long atNanos) {
            // only the engine's own work is measured
        }

        @Override
        public void onFinish(Sequence sequence, long atNanos) {
            // only the engine's own work is measured
        }
    };

    private final Prompt[] prompts = new Prompt[SEQUENCES * 4];
    private final HardwareProfiles profiles = HardwareProfiles.load();
    private final HardwareProfile h200 =
            Objects.requireNonNull(profiles.devices().get("h200"));
    private final Engine engine = new Engine(h200.limits(profiles.model(), 0), new StepCost(h200, profiles.model()));
    private long now;
    private int at;

    /** Prompts of which each quarter shares its first half. */
    @Setup
    public void build() {
        for (int i = 0; i < prompts.length; i++) {
            var prompt = new PromptBuilder(h200.blockSize(), "");
            for (int t = 0; t < PROMPT; t++) {
                prompt.token(t < PROMPT / 2 ? t + i % 4 : t * 31 + i * 1_000_003);
            }
            prompts[i] = prompt.build();
        }
    }

    /** 64 prompts of 8000 tokens, half of them cached, and 200 output tokens each; per output token. */
    @Benchmark
    @OperationsPerInvocation(SEQUENCES * OUTPUT)
    public long perOutputToken() {
        for (int i = 0; i < SEQUENCES; i++) {
            var prompt = prompts[at++ % prompts.length];
            engine.submit(prompt, Output.to(prompt, 0, OUTPUT, OUTPUT, true), NOBODY, now);
        }
        while (engine.due() != Engine.NEVER) {
            now = engine.due();
            engine.step(now);
        }
        return engine.stats().output();
    }
}
