package io.kvasir.scrape;

import io.kvasir.pool.EngineKind;
import io.kvasir.pool.EngineStats;
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

/** One metrics page to {@link EngineStats}, bytes given. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class MetricsPageBenchmark {
    /** Size of the page. */
    @Param({"17", "60"})
    public int kilobytes;

    /** Bytes that arrive at once. */
    @Param({"65536", "1448"})
    public int piece;

    private byte[] page = new byte[0];
    private StatsReader stats = new StatsReader(EngineMetrics.of(EngineKind.VLLM));
    private MetricsPageScanner scanner =
            new MetricsPageScanner(EngineMetrics.of(EngineKind.VLLM).families(), stats);

    /** Makes the page. */
    @Setup
    public void setUp() {
        page = kilobytes == 17 ? BenchmarkPages.small() : BenchmarkPages.full();
    }

    @Benchmark
    public EngineStats page() {
        stats.begin();
        scanner.begin();
        for (int at = 0; at < page.length; at += piece) {
            scanner.feed(page, at, Math.min(piece, page.length - at));
        }
        scanner.end();
        return stats.stats(1);
    }
}
