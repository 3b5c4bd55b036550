package io.kvasir.app;

import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EngineKind;
import io.kvasir.sim.SimulatedEndpoint;
import io.kvasir.sim.SimulatedPool;
import java.net.BindException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** The embedded pool of simulated replicas that serves where no endpoints are given. */
final class DemoPool implements AutoCloseable {
    private static final String REPLICAS = "h200=2,mi350x=2,mig-1g=1,cpu=1";

    /** How long a replica that restarts is away. */
    private static final long AWAY_MILLIS = 4_000;

    private final SimulatedPool engines;
    private final Map<String, DemoFault> faults = new LinkedHashMap<>();
    private final ScheduledExecutorService restarts = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("demo-restarts").factory());

    private DemoPool(SimulatedPool engines) {
        this.engines = engines;
        engines.endpoints().forEach(engine -> faults.put(engine.name(), DemoFault.NONE));
    }

    /** Names of its replicas. */
    List<String> names() {
        return engines.endpoints().stream().map(SimulatedEndpoint::name).toList();
    }

    /** What is wrong with a replica. */
    synchronized DemoFault fault(String replica) {
        return Objects.requireNonNull(faults.get(replica), replica);
    }

    /** Has that be wrong with one of its replicas from now on; returns when it is so. Blocks a moment. */
    synchronized void have(String replica, DemoFault fault) {
        faults.put(replica, fault);
        if (fault == DemoFault.RESTART) {
            engines.faults(replica, fault.faults());
            engines.restartEvents(replica);
            var _ = restarts.schedule(() -> back(replica), AWAY_MILLIS, TimeUnit.MILLISECONDS);
        } else {
            engines.faults(replica, fault.faults());
        }
    }

    /** It has restarted, if nobody wished for something else meanwhile. */
    private synchronized void back(String replica) {
        if (faults.get(replica) == DemoFault.RESTART) {
            have(replica, DemoFault.NONE);
        }
    }

    /** Starts it on free ports of the loopback address. */
    static DemoPool start(double timeScale) throws BindException {
        return new DemoPool(
                SimulatedPool.builder().pool(REPLICAS).timeScale(timeScale).start());
    }

    /** Its replicas as discovery would describe them. */
    List<EndpointSpec> specs() {
        return engines.endpoints().stream().map(DemoPool::spec).toList();
    }

    private static EndpointSpec spec(SimulatedEndpoint engine) {
        return EndpointSpec.builder(engine.name(), engine.address(), engine.port())
                .vendor(engine.vendor())
                .product(engine.product())
                .partition(engine.partition().isEmpty() ? null : engine.partition())
                .engine(EngineKind.parse(engine.engine()).orElse(EngineKind.VLLM))
                .model(engine.model())
                .maxModelLen(engine.maxModelLen())
                .kvTokens(engine.kvTokens())
                .build();
    }

    /** Where a newcomer can look at it, printed before anything else: the page waits until there is something to show. */
    static String whereToLook(int metricsPort) {
        return "\nWatch it live: http://localhost:" + metricsPort + "/\n";
    }

    /** What a newcomer can type next. */
    static String banner(int httpPort, int metricsPort) {
        return """

                Kvasir routes over an embedded demo pool: 6 simulated replicas (2 H200, 2 MI350X, 1 MIG slice, 1 CPU).
                Answers are made up; routing is real. Try:

                  curl -N http://localhost:%1$d/v1/chat/completions -H 'content-type: application/json' \\
                    -d '{"model":"%3$s","stream":true,"messages":[{"role":"user","content":"Who is Kvasir?"}]}'
                  curl -i http://localhost:%1$d/v1/completions -H 'content-type: application/json' \\
                    -d '{"model":"%3$s","prompt":"Once upon a time","max_tokens":16}'
                  curl http://localhost:%1$d/v1/models
                  curl http://localhost:%2$d/api/endpoints
                  curl http://localhost:%2$d/metrics

                Your own engines: kvasir serve --endpoints FILE
                """.formatted(httpPort, metricsPort, SimulatedPool.DEFAULT_MODEL);
    }

    @Override
    public void close() {
        restarts.shutdownNow();
        engines.close();
    }
}
