package io.kvasir.extproc;

import io.kvasir.sim.SimulatedEndpoint;
import io.kvasir.sim.SimulatedPool;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Three simulated engines in this process. */
final class ThreeEngines implements AutoCloseable {
    private final SimulatedPool pool;

    ThreeEngines() throws IOException {
        this(1);
    }

    /** @param timeScale simulated seconds per real second */
    ThreeEngines(double timeScale) throws IOException {
        pool = SimulatedPool.builder().pool("h200=3").timeScale(timeScale).start();
    }

    List<Integer> ports() {
        return pool.endpoints().stream().map(SimulatedEndpoint::port).toList();
    }

    List<String> hostPorts() {
        return pool.endpoints().stream()
                .map(engine -> engine.address() + ":" + engine.port())
                .toList();
    }

    /** Base URL of one of them. */
    String url() {
        return pool.endpoints().getFirst().url();
    }

    /** Writes an endpoint file with the three. */
    Path file(Path directory) throws IOException {
        var file = directory.resolve("endpoints.yaml");
        pool.writeEndpointsFile(file);
        return file;
    }

    @Override
    public void close() {
        pool.close();
    }
}
