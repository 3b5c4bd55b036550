package io.kvasir.discovery.hardware;

import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.EngineKind;
import io.kvasir.pool.Role;
import java.util.List;
import java.util.Map;

/** Endpoints on hardware that was identified. */
public final class IdentifiedEndpoint {
    private IdentifiedEndpoint() {}

    /** One at 10.0.0.1. */
    public static EndpointSpec of(HardwareIdentity hardware, String name, int port) {
        return new EndpointSpec(
                name,
                "10.0.0.1",
                port,
                Map.of(),
                Role.BOTH,
                hardware.vendor(),
                hardware.product(),
                hardware.partition(),
                hardware.count(),
                hardware.sharing(),
                EngineKind.VLLM,
                null,
                List.of(),
                0,
                0,
                port,
                null,
                0);
    }
}
