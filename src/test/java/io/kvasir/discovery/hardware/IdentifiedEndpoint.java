package io.kvasir.discovery.hardware;

import io.kvasir.pool.EndpointSpec;

/** Endpoints on hardware that was identified. */
public final class IdentifiedEndpoint {
    private IdentifiedEndpoint() {}

    /** One at 10.0.0.1. */
    public static EndpointSpec of(HardwareIdentity hardware, String name, int port) {
        return EndpointSpec.builder(name, "10.0.0.1", port)
                .vendor(hardware.vendor())
                .product(hardware.product())
                .partition(hardware.partition())
                .count(hardware.count())
                .sharing(hardware.sharing())
                .build();
    }
}
