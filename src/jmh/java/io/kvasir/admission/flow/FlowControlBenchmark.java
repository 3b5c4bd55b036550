package io.kvasir.admission.flow;

import io.kvasir.admission.Admission;
import io.kvasir.admission.Arrival;
import io.kvasir.admission.Ticket;
import io.kvasir.admission.Verdict;
import io.kvasir.cost.ModelCatalogue;
import io.kvasir.cost.TimeModel;
import io.kvasir.cost.Work;
import io.kvasir.pool.Endpoint;
import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.HardwareCatalogue;
import io.kvasir.pool.Pool;
import io.kvasir.pool.PoolSnapshot;
import io.kvasir.request.Dialect;
import io.kvasir.request.FieldRanges;
import io.kvasir.request.PromptCounts;
import io.kvasir.request.Request;
import io.kvasir.request.RequestHeaders;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
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

/** What a request pays for flow control: while nothing waits, all of it; beside 10,000 that wait, what they cost. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class FlowControlBenchmark {
    private static final String MODEL = "meta-llama/Llama-3.1-8B-Instruct";
    private static final long BUSY_NANOS = 1_000_000_000_000L;

    @Param({"16", "256"})
    int endpoints;

    private final Pool pool = new Pool(HardwareCatalogue.load());
    private final TimeModel time = new TimeModel(ModelCatalogue.load());
    private final Asks asks = new Asks(pool);
    private final Asks free = new Asks(pool);
    private FlowControl idle = flow();
    private FlowControl crowded = flow();
    private @Nullable Endpoint first;

    /** A request that asks again and again. */
    static final class Asks implements Arrival {
        private final Pool pool;
        private final Request request = new Request(
                Dialect.CHAT_COMPLETIONS,
                false,
                MODEL,
                true,
                false,
                -1,
                0,
                false,
                1,
                PromptCounts.NONE,
                2_000,
                2_000,
                null,
                null,
                null,
                null,
                null,
                0,
                8_000,
                -1,
                false,
                null,
                FieldRanges.NONE,
                RequestHeaders.NONE.withFairnessId("tenant"));

        Asks(Pool pool) {
            this.pool = pool;
        }

        @Override
        public Request request() {
            return request;
        }

        @Override
        public String model() {
            return MODEL;
        }

        @Override
        public Work work() {
            return Work.of(request, 200);
        }

        @Override
        public int priority() {
            return 0;
        }

        @Override
        public PoolSnapshot pool() {
            return pool.snapshot();
        }

        @Override
        public @Nullable Set<String> allowed() {
            return null;
        }

        @Override
        public boolean allows(Endpoint endpoint) {
            return true;
        }

        @Override
        public long nowNanos() {
            return System.nanoTime();
        }

        @Override
        public boolean mayWait() {
            return true;
        }

        @Override
        public Ticket hold(long deadlineNanos, Runnable left) {
            return new Ticket(deadlineNanos, () -> {}, left);
        }
    }

    private FlowControl flow() {
        var band = new BandSettings(0, 3_600, Ordering.FCFS, new Limits(20_000, Long.MAX_VALUE, Long.MAX_VALUE));
        return new FlowControl(
                FlowSettings.DEFAULT.withBand(0, band),
                pool,
                time,
                2_000_000_000L,
                System::nanoTime,
                () -> new SplittableRandom(1));
    }

    @Setup
    public void open() {
        var specs = new ArrayList<EndpointSpec>();
        for (int i = 0; i < endpoints; i++) {
            specs.add(EndpointSpec.builder("e" + i, "10.0." + i / 250 + "." + (1 + i % 250), 80)
                    .product(i % 2 == 0 ? "NVIDIA-H200" : "AMD-Instinct-MI350X")
                    .model(MODEL)
                    .build());
        }
        pool.apply(List.copyOf(specs));
        idle = flow();
        crowded = flow();
        first = pool.snapshot().at(0);
        load(BUSY_NANOS);
        for (int i = 0; i < 10_000; i++) {
            crowded.admit(asks);
        }
        load(-BUSY_NANOS);
    }

    private void load(long nanos) {
        for (var endpoint : pool.snapshot().endpoints()) {
            if (nanos > 0) {
                endpoint.load().placePrefill(nanos, System.nanoTime());
            } else {
                endpoint.load().releasePrefill(-nanos, System.nanoTime());
            }
        }
    }

    /** Nothing waits and somebody is free: asked, booked and ended. */
    @Benchmark
    public Verdict nothingWaits() {
        return through(idle);
    }

    /** The same without flow control. */
    @Benchmark
    public Verdict letInByNobody() {
        return through(Admission.OPEN);
    }

    private Verdict through(Admission admission) {
        var verdict = admission.admit(free);
        if (verdict instanceof Verdict.Admitted admitted) {
            admitted.stay().ended(first, 100, 200);
        }
        return verdict;
    }

    /** All are busy and 10,000 wait: what the tick costs, a hundred times a second. */
    @Benchmark
    public void tickBesideTenThousand(Busy busy) {
        busy.in(this);
        crowded.tick();
    }

    /** All are busy and 10,000 wait: one more comes and leaves. */
    @Benchmark
    public boolean comeAndLeaveBesideTenThousand(Busy busy) {
        busy.in(this);
        return crowded.admit(asks) instanceof Verdict.Held held && held.ticket().cancel();
    }

    /** All are busy and 10,000 wait: a prompt ends somewhere. */
    @Benchmark
    public void freedBesideTenThousand(Busy busy) {
        busy.in(this);
        crowded.freed(Objects.requireNonNull(first));
    }

    /** Keeps all endpoints computing. */
    @State(Scope.Benchmark)
    public static class Busy {
        private boolean begun;

        void in(FlowControlBenchmark benchmark) {
            if (!begun) {
                begun = true;
                benchmark.load(BUSY_NANOS);
            }
        }
    }
}
