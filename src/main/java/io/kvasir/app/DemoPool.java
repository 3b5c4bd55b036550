package io.kvasir.app;

import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EngineKind;
import io.kvasir.sim.SimulatedEndpoint;
import io.kvasir.sim.SimulatedPool;
import java.net.BindException;
import java.util.List;

/** The embedded pool of simulated replicas that serves where no endpoints are given. */
final class DemoPool implements AutoCloseable {
    private static final String REPLICAS = "h200=2,mi350x=2,mig-1g=1,cpu=1";

    private final SimulatedPool engines;

    private DemoPool(SimulatedPool engines) {
        this.engines = engines;
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
        engines.close();
    }
}
