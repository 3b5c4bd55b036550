package io.kvasir.sim.http;

import io.kvasir.clock.ScaledClock;
import io.kvasir.sim.engine.HardwareProfiles;
import io.kvasir.sim.engine.Output;
import io.kvasir.sim.engine.PromptBuilder;
import io.kvasir.sim.engine.Sequence;
import io.kvasir.sim.engine.SequenceListener;
import io.kvasir.sim.engine.StepCost;
import io.netty.channel.DefaultEventLoop;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Time to render the metrics page of an engine that has served something. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class PageRenderingBenchmark {
    /** Every family of the engine, or those that routers read. */
    @Param({"false", "true"})
    public boolean full;

    private final PageBuffer buffer = new PageBuffer();
    private MetricsPage page = new MetricsPage();

    /** Serves 1000 prompts in virtual time. */
    @Setup
    public void serve() {
        var profiles = HardwareProfiles.load();
        var h200 = Objects.requireNonNull(profiles.devices().get("h200"));
        var limits = h200.limits(profiles.model(), 0);
        var config = new EngineConfig(
                "h200-0",
                "meta-llama/Llama-3.1-8B-Instruct",
                EngineDialect.VLLM,
                limits,
                new StepCost(h200, profiles.model()),
                List.of(),
                128,
                1,
                full,
                EngineConfig.Options.USUAL,
                Faults.NONE);
        var ticker = new Ticker();
        var host = new EngineHost(config, new EngineGroup(new DefaultEventLoop(), ticker, ScaledClock.fromZero(1)));
        ticker.close();
        var listener = new SequenceListener() {
            @Override
            public void onToken(Sequence sequence, int index, long atNanos) {
                // only the engine's counters matter here
            }

            @Override
            public void onFinish(Sequence sequence, long atNanos) {
                // only the engine's counters matter here
            }
        };
        long now = 0;
        for (int i = 0; i < 1000; i++) {
            var prompt = new PromptBuilder(limits.blockSize(), "");
            prompt.text("prompt " + i % 100 + " ".repeat(i * 7));
            var built = prompt.build();
            host.engine().submit(built, Output.to(built, 0, 1, 200, false), listener, now);
            now += 10_000_000;
        }
        host.engine().step(now);
        page = VllmMetrics.page(config, host, new Adapters(List.of(), null));
    }

    /** One page into the reused buffer; returns its bytes. */
    @Benchmark
    public int render() {
        page.render(buffer);
        return buffer.length();
    }
}
