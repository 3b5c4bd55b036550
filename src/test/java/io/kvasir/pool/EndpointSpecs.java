package io.kvasir.pool;

import java.util.List;
import java.util.Map;
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
        return new EndpointSpec(
                name,
                "10.0.0." + number,
                8000,
                Map.of(),
                role,
                null,
                product,
                null,
                1,
                1,
                engine,
                model,
                List.of(),
                maxModelLen,
                0,
                8000,
                null,
                0);
    }
}
