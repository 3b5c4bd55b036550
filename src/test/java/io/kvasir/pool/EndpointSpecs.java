package io.kvasir.pool;

import org.jspecify.annotations.Nullable;

/** Descriptions of replicas for tests. */
public final class EndpointSpecs {
    private EndpointSpecs() {}

    /**
     * A replica with a role.
     *
     * @param number last part of its address
     * @param product null for hardware that nobody tells about
     */
    public static EndpointSpec of(String name, int number, Role role, @Nullable String product) {
        return of(name, number, role, product, EngineKind.VLLM, null, 0);
    }

    /** A replica with a role, an engine, and maybe a model and a limit. */
    public static EndpointSpec of(
            String name,
            int number,
            Role role,
            @Nullable String product,
            EngineKind engine,
            @Nullable String model,
            int maxModelLen) {
        return EndpointSpec.builder(name, "10.0.0." + number, 8000)
                .role(role)
                .product(product)
                .engine(engine)
                .model(model)
                .maxModelLen(maxModelLen)
                .build();
    }
}
